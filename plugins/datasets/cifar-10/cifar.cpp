// CIFAR-10: small colour photographs in ten classes; 50,000 to train and 10,000 to test in the files as published.
#include <algorithm>
#include <atelier/dataset.hpp>

#include "batches.hpp"

namespace {

using namespace atelier;
namespace fs = std::filesystem;

// Holds all files as bytes; a read turns one image into floats.
class Cifar10 final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Photographs of animals and vehicles: 50,000 and 10,000 colour images of 32 x 32 in ten classes.";
    d.reference = "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images";
    d.text("directory", "",
           "folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin; empty looks for cifar-10/ and "
           "cifar-10-batches-bin/ in the data directories");
    d.integer("limit", 0, "use only the first N samples of each split; 0 uses all").range(0);
  }

  Cifar10(const Settings& settings, const Environment& environment) {
    try {
      cifar::Files found = cifar::read_folder(folders(settings.text("directory"), environment));
      train_ = std::move(found.train);
      test_ = std::move(found.test);
      files = std::move(found.paths);
    } catch (const cifar::DataError& error) {
      environment.fail(error.what());
      return;
    }
    const int64_t limit = settings.integer("limit");
    const auto limited = [&](const cifar::Part& part) {
      return limit > 0 ? std::min(limit, part.count()) : part.count();
    };
    train_count = limited(train_);
    test_count = limited(test_);
    fields = {Field::image("image", {cifar::channels, cifar::side, cifar::side}),
              {"label",
               ATL_INT64,
               {},
               cifar::classes,
               0,
               0,
               {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}}};
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const int64_t count = split == Split::train ? train_count : test_count;
    if (index < 0 || index >= count) {
      sample.fail("index " + std::to_string(index) + ", expected 0 to " + std::to_string(count - 1));
      return;
    }
    const uint8_t* const record = (split == Split::train ? train_ : test_).records.data() + index * cifar::record_bytes;
    *sample.integers(1) = record[0];
    std::transform(record + 1, record + cifar::record_bytes, sample.reals(0),
                   [](uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
  }

 private:
  static std::vector<fs::path> folders(const std::string& directory, const Environment& environment) {
    if (!directory.empty()) {
      return {(fs::path(environment.base_directory()) / directory).lexically_normal()};
    }
    std::vector<fs::path> out;
    for (const std::string& data : environment.data_directories()) {
      out.push_back(fs::path(data) / "cifar-10");
      out.push_back(fs::path(data) / "cifar-10-batches-bin");  // as the published archive unpacks
    }
    return out;
  }

  cifar::Part train_, test_;
};

}  // namespace

ATELIER_DATASET("cifar-10", Cifar10)
