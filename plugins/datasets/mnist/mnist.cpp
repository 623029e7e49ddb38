// MNIST and Fashion-MNIST: grey images of 28 x 28 in ten classes, 60,000 to train and 10,000 to test.
#include <algorithm>
#include <atelier/dataset.hpp>

#include "folder.hpp"

namespace {

using namespace atelier;
namespace fs = std::filesystem;

constexpr int classes = 10;

struct Origin {  // where a data set is looked for when the experiment does not say
  std::string name;
  std::string hint;
  std::vector<fs::path> system_folders;
  std::vector<std::string> class_names;
};

void describe_settings(Description& d, const char* where) {
  d.text("path", "", where);
  d.integer("limit", 0, "use only the first N samples of each split; 0 uses all").range(0);
}

// Holds all files as bytes; a read turns one image into floats.
class IdxDataset : public Dataset {
 public:
  IdxDataset(const Settings& settings, const Environment& environment, const Origin& origin) {
    try {
      load(folders(settings.text("path"), environment, origin), settings.integer("limit"), origin);
    } catch (const mnist::DataError& error) {
      environment.fail(error.what());
    }
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const mnist::Part& part = split == Split::train ? train_ : test_;
    const int64_t size = part.images.image_size();
    const uint8_t* const pixels = part.images.pixels.data() + index * size;
    std::transform(pixels, pixels + size, sample.reals(0),
                   [](uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
    *sample.integers(1) = part.labels[static_cast<size_t>(index)];
  }

 private:
  static std::vector<fs::path> folders(const std::string& path, const Environment& environment, const Origin& origin) {
    if (!path.empty()) {
      return {(fs::path(environment.base_directory()) / path).lexically_normal()};
    }
    std::vector<fs::path> out;
    for (const std::string& directory : environment.data_directories()) {
      out.push_back(fs::path(directory) / origin.name);
    }
    out.insert(out.end(), origin.system_folders.begin(), origin.system_folders.end());
    return out;
  }

  void load(const std::vector<fs::path>& places, int64_t limit, const Origin& origin) {
    mnist::Files found = mnist::read_folder(origin.name, places, classes, origin.hint);
    train_ = first(limit, std::move(found.train));
    test_ = first(limit, std::move(found.test));
    fields = {Field::image("image", {1, train_.images.height, train_.images.width}),
              Field::label("label", classes, origin.class_names)};
    train_count = train_.images.count;
    test_count = test_.images.count;
    files = std::move(found.paths);
  }

  static mnist::Part first(int64_t limit, mnist::Part part) {
    if (limit > 0 && limit < part.images.count) {
      part.images.count = limit;
      part.images.pixels.resize(static_cast<size_t>(limit * part.images.image_size()));
      part.images.pixels.shrink_to_fit();
      part.labels.resize(static_cast<size_t>(limit));
    }
    return part;
  }

  mnist::Part train_, test_;
};

class Mnist final : public IdxDataset {
 public:
  static void describe(Description& d) {
    d.summary = "Handwritten digits: 60,000 and 10,000 grey images of 28 x 28 in ten classes.";
    d.reference = "LeCun, Bottou, Bengio and Haffner 1998, Gradient-Based Learning Applied to Document Recognition";
    describe_settings(d,
                      "folder with the four IDX files, plain or .gz (train-images-idx3-ubyte or "
                      "train-images.idx3-ubyte, ...); empty looks for "
                      "mnist/ in the data directories");
  }
  Mnist(const Settings& settings, const Environment& environment)
      : IdxDataset(
            settings, environment,
            {"mnist", "run experiments/get-data mnist", {}, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}) {}
};

class FashionMnist final : public IdxDataset {
 public:
  static void describe(Description& d) {
    d.summary = "Pictures of clothes: 60,000 and 10,000 grey images of 28 x 28 in ten classes.";
    d.reference =
        "Xiao, Rasul and Vollgraf 2017, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning";
    describe_settings(d,
                      "folder with the four IDX files, plain or .gz (train-images-idx3-ubyte or "
                      "train-images.idx3-ubyte, ...); empty looks for fashion-mnist/ in the data "
                      "directories, then where Debian's dataset-fashion-mnist puts it");
  }
  FashionMnist(const Settings& settings, const Environment& environment)
      : IdxDataset(settings, environment,
                   {"fashion-mnist",
                    "apt-get install dataset-fashion-mnist",
                    {"/usr/share/datasets/fashion-mnist"},
                    {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                     "Ankle boot"}}) {}
};

}  // namespace

ATELIER_DATASET("mnist", Mnist)
ATELIER_DATASET("fashion-mnist", FashionMnist)
