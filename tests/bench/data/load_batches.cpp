// The batches of one experiment, and nothing else. compare.py talks to it: a command a line on stdin, a line of JSON
// for each.
//   load_batches EXPERIMENT THREADS PLUGIN_FOLDER...
//                    says first how long it took until the data was there, and then until it was hashed
//   round SECONDS    how many images were made ready in that time, in batches, each by one of the threads
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <numeric>
#include <sstream>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "data/batch.hpp"
#include "data/hash.hpp"
#include "kernels/random.hpp"

namespace atelier {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Batches of the training split in the order of an epoch, over and over.
class Loader {
 public:
  Loader(const data::ExperimentData& data, int64_t batch_size)
      : batch_(data, batch_size),
        subset_(data.subsets().train),
        size_(batch_size),
        order_(kernels::permutation({0, purpose_order}, 0, static_cast<uint32_t>(subset_.count))) {}

  int64_t load(double seconds) {
    int64_t images = 0;
    for (const Clock::time_point start = Clock::now(); seconds_since(start) < seconds; images += size_) {
      next_ = next_ + size_ > subset_.count ? 0 : next_;
      batch_.plan(subset_, order_, next_, size_, epoch_++);
      next_ += size_;
      for (int32_t piece = 0; piece < batch_.pieces(); ++piece) {
        batch_.assemble(piece);
      }
    }
    return images;
  }

 private:
  data::Batch batch_;
  const data::Subset& subset_;
  int64_t size_;
  std::vector<uint32_t> order_;
  int64_t next_ = 0;
  int64_t epoch_ = 0;
};

std::string round_of(std::vector<Loader>& loaders, double seconds) {
  std::vector<int64_t> images(loaders.size());
  const Clock::time_point start = Clock::now();
  {
    std::vector<std::jthread> workers;
    for (size_t i = 0; i < loaders.size(); ++i) {
      workers.emplace_back([&, i] { images[i] = loaders[i].load(seconds); });
    }
  }
  return fmt::format(R"({{"images": {}, "seconds": {}}})", std::accumulate(images.begin(), images.end(), int64_t{0}),
                     seconds_since(start));
}

void serve(const char* experiment_file, int threads, const std::vector<std::filesystem::path>& plugins) {
  const plugin::Registry registry(plugins);
  const experiment::Experiment experiment = experiment::load(experiment_file, {}, registry.descriptions());
  const Clock::time_point start = Clock::now();
  const data::ExperimentData data(experiment, registry, {});
  const double opened = seconds_since(start);
  (void)data::hash_of_samples(data.dataset(), threads);
  std::cout << fmt::format(R"({{"opened": {}, "hashed": {}, "samples": {}}})", opened, seconds_since(start),
                           data.spec().train_count)
            << std::endl;
  std::vector<Loader> loaders;
  for (int i = 0; i < threads; ++i) {
    loaders.emplace_back(data, experiment.train.batch_size);
  }
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    double seconds = 0;
    words >> command >> seconds;
    if (command != "round") {
      throw Error(ErrorKind::usage, "got '{}', expected round", command);
    }
    std::cout << round_of(loaders, seconds) << std::endl;
  }
}

}  // namespace
}  // namespace atelier

int main(int argc, char** argv) {
  try {
    if (argc < 4) {
      throw atelier::Error(atelier::ErrorKind::usage, "usage: load_batches EXPERIMENT THREADS PLUGIN_FOLDER...");
    }
    atelier::serve(argv[1], std::stoi(argv[2]), {argv + 3, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "load_batches: " << error.what() << "\n";
    return 1;
  }
}
