// Training steps a second of one experiment. compare.py talks to it: a command a line on stdin, a line of JSON for
// each.
//   atelier_steps PLUGIN_FOLDER EXPERIMENT THREADS
//   parity STEPS FOLDER   the first steps of training; writes weights.f32 (before them), images.f32 and noise.f32 of
//   each step,
//                         and tells the losses, so that another program can repeat them
//   round SECONDS         how many steps it trains in that time, and how much of it went into recording them
//   about                 versions of the libraries, and the instruction set
//   peak SECONDS          GFLOP/s of a 1024-cubed product in single precision on each of the threads at once
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "experiment/experiment.hpp"
#include "kernels/fingerprint.hpp"
#include "kernels/random.hpp"
#include "kernels/sgemm.hpp"
#include "training/workbench.hpp"

namespace atelier {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t endless = int64_t{1} << 40;  // steps that the schedule is told of

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void append(std::ofstream& file, const void* data, size_t floats) {
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(floats * sizeof(float)));
}

// The trainer's loop without its log: while a step runs, the next one is recorded and its batch assembled.
class Loop {
 public:
  Loop(const experiment::Experiment& experiment, const plugin::Registry& registry, const training::RunOptions& options)
      : bench_(experiment, registry, options) {}

  std::string parity(int64_t steps, const std::string& folder) {
    const auto open = [&](const char* name) { return std::ofstream(folder + "/" + name, std::ios::binary); };
    std::ofstream weights = open("weights.f32");
    std::string names;
    for (const auto& parameter : bench_.model().bank().parameters) {
      append(weights, parameter->value.storage.data(), static_cast<size_t>(parameter->value.shape.elements()));
      const auto dims = parameter->value.shape.dims();
      names += fmt::format(R"({}{{"name": "{}", "shape": [{}]}})", names.empty() ? "" : ", ", parameter->name,
                           fmt::join(dims.begin(), dims.end(), ", "));
    }
    std::ofstream images = open("images.f32");
    std::ofstream noise = open("noise.f32");
    std::string losses;
    for (int64_t step = 1; step <= steps; ++step) {
      record();
      const plugin::BatchField& batch = bench_.batches().fields().front();
      append(images, batch.data, static_cast<size_t>(batch.type.shape.elements()));
      write_noise(noise, batch.type.shape[0]);
      bench_.training().start();
      losses += fmt::format("{}{{{}}}", losses.empty() ? "" : ", ", losses_of(bench_.training().wait()));
      bench_.batches().step_done();
    }
    return fmt::format(R"({{"parameters": [{}], "losses": [{}]}})", names, losses);
  }

  std::string round(double seconds) {
    if (!recorded_) {
      record();
      recorded_ = true;
    }
    int64_t steps = 0;
    recording_seconds_ = 0;
    const Clock::time_point start = Clock::now();
    while (seconds_since(start) < seconds) {
      bench_.training().start(bench_.batches().prefetch());
      record();
      (void)bench_.training().wait();
      bench_.batches().step_done();
      ++steps;
    }
    return fmt::format(R"({{"steps": {}, "seconds": {}, "recording_seconds": {}, "flops": {}}})", steps,
                       seconds_since(start), recording_seconds_, flops());
  }

 private:
  void record() {
    const Clock::time_point start = Clock::now();
    bench_.record_step(++step_, endless, {});
    recording_seconds_ += seconds_since(start);
  }

  // The step's only draw, row by row (kernels/random.hpp).
  void write_noise(std::ofstream& file, int64_t rows) const {
    std::vector<float> row(static_cast<size_t>(std::get<int64_t>(bench_.experiment().model.settings.at("latent"))));
    for (int64_t r = 0; r < rows; ++r) {
      kernels::normal_host(row, {static_cast<uint64_t>(bench_.experiment().seed), purpose_training},
                           {.step = static_cast<uint64_t>(step_), .row = static_cast<uint64_t>(r)});
      append(file, row.data(), row.size());
    }
  }

  std::string losses_of(const graph::StepResults& results) {
    std::string out;
    for (const graph::StepResult& result : results.entries) {
      if (result.kind == graph::OutputKind::logged) {
        out += fmt::format(R"({}"{}": {})", out.empty() ? "" : ", ",
                           bench_.training().names()[static_cast<size_t>(result.index)], result.value);
      }
    }
    return out;
  }

  double flops() {  // of the products in a step
    double sum = 0;
    for (const graph::Step& step : bench_.training().newest_plan()->steps) {
      sum += step.flops;
    }
    return sum;
  }

  training::Workbench bench_;
  int64_t step_ = 0;
  bool recorded_ = false;
  double recording_seconds_ = 0;
};

std::string peak(int threads, double seconds) {
  constexpr int64_t n = 1024;
  std::vector<double> gflops(static_cast<size_t>(threads));
  std::vector<std::thread> workers;
  for (double& mine : gflops) {
    workers.emplace_back([&mine, seconds] {
      const std::vector<float> a(n * n, 0.5F);
      const std::vector<float> b(n * n, 0.25F);
      std::vector<float> c(n * n);
      const auto multiply = [&] {
        kernels::multiply(false, false, n, n, n, a.data(), n, b.data(), n, false, c.data(), n);
      };
      multiply();
      int64_t products = 0;
      const Clock::time_point start = Clock::now();
      for (; seconds_since(start) < seconds; ++products) {
        multiply();
      }
      mine = 2e-9 * static_cast<double>(n * n * n * products) / seconds_since(start);
    });
  }
  double sum = 0;
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i].join();
    sum += gflops[i];
  }
  return fmt::format(R"({{"gflops": {}}})", sum);
}

std::string about() {
  std::string versions = kernels::library_versions();
  std::ranges::replace(versions, '\n', ' ');
  return fmt::format(R"({{"versions": "{}"}})", versions);
}

void serve(const char* plugins, const char* experiment_file, int threads) {
  const plugin::Registry registry({plugins});
  training::RunOptions options;
  options.threads = threads;
  Loop loop(experiment::load(experiment_file, {}, registry.descriptions()), registry, options);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    std::string folder;
    double amount = 0;
    words >> command >> amount >> folder;
    if (command == "parity") {
      std::cout << loop.parity(static_cast<int64_t>(amount), folder) << std::endl;
    } else if (command == "round") {
      std::cout << loop.round(amount) << std::endl;
    } else if (command == "peak") {
      std::cout << peak(threads, amount) << std::endl;
    } else if (command == "about") {
      std::cout << about() << std::endl;
    } else {
      throw Error(ErrorKind::usage, "got the command '{}', expected parity, round, peak or about", command);
    }
  }
}

}  // namespace
}  // namespace atelier

int main(int argc, char** argv) {
  try {
    if (argc != 4) {
      throw atelier::Error(atelier::ErrorKind::usage, "usage: atelier_steps PLUGIN_FOLDER EXPERIMENT THREADS");
    }
    atelier::serve(argv[1], argv[2], std::stoi(argv[3]));
  } catch (const std::exception& error) {
    std::cerr << "atelier_steps: " << error.what() << "\n";
    return 1;
  }
}
