// A model that reads values in the middle of its training steps, and a dataset that can be broken and repaired while it
// is in use.
#include <atelier/dataset.hpp>
#include <atelier/model.hpp>
#include <filesystem>
#include <fstream>

#ifndef HIDDEN_UNITS  // a later build of this plugin has more
#define HIDDEN_UNITS 3
#endif

namespace {

using namespace atelier;

// Images of one value each, which tell the samples apart.
class Breakable final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Even images. While the file `broken_by` exists and says \"train 5\", training sample 5 fails.";
    d.text("broken_by", "", "path of that file");
  }
  Breakable(const Settings& settings, const Environment&) : broken_by_(settings.text("broken_by")) {
    fields.push_back(Field::image("image", {1, 4, 4}));
    train_count = 128;
    test_count = 24;
  }
  void read(Split split, int64_t index, const Sample& sample) const override {
    if (std::filesystem::exists(broken_by_)) {
      std::ifstream file(broken_by_);
      std::string broken_split;
      int64_t broken_index = -1;
      file >> broken_split >> broken_index;
      if (index == broken_index && (broken_split == "train") == (split == Split::train)) {
        sample.fail("this sample is broken");
        return;
      }
    }
    const int64_t offset = split == Split::train ? 1 : 40;
    std::fill_n(sample.reals(0), 16, static_cast<float>((index * 37 + offset) % 97 + 1) / 128.0F);
  }

 private:
  std::string broken_by_;
};

class Cuts final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Two groups, updated one after the other, with a read between that must not change a bit.";
    d.text("read", "never", "what is read, and when")
        .choices({"never", "images", "before the updates", "after an update", "after an update from step 3"});
  }
  Cuts(const Settings& settings, const DataSpec& data, Builder& build)
      : read_(settings.text("read")),
        first_(build.group("first"), data.image().elements(), HIDDEN_UNITS),
        second_(build.group("second"), HIDDEN_UNITS, 1),
        average_(build.state("average", {}, 0.0)) {}

  void train_step(Step& step) const override {
    Tensor images = step.images();
    step.log("mean", mean(images));
    if (read_ == "images") {
      step.log("read", mean_of_read(step, images));
    }
    const Tensor x = images.flatten();
    Tensor error = mean(square(first_(x + 0.1 * step.normal({x.dim(0), 1})) - 0.5));
    step.log("first_loss", error);
    if (read_ == "before the updates") {
      step.log("read", mean_of_read(step, error));
    }
    step.minimize("first", error);
    average_.assign(0.9 * average_.use(x) + 0.1 * mean(x));
    if (read_ == "after an update" || (read_ == "after an update from step 3" && step.step() >= 3)) {
      step.log("seen", mean_of_read(step, error));
    } else {
      step.log("seen", error);
    }
    const Tensor features = first_(x).detach();
    const Tensor noise = 0.1 * step.normal({x.dim(0), 1});
    const Tensor loss = mean(square(second_(features + noise) - average_.use(x)));
    step.minimize("second", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", square(second_(first_(x)) - average_.use(x)).reshape({-1}));
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    return broadcast_to(average_.use(s.context()) + s.uniform({n, 1, 4, 4}), {n, 1, 4, 4});
  }

 private:
  static Tensor mean_of_read(const Step& step, Tensor& tensor) {
    const std::vector<double> values = step.read(tensor);
    double sum = 0;
    for (const double value : values) {
      sum += value;
    }
    return step.scalar(sum / static_cast<double>(values.size()));
  }

  std::string read_;
  Linear first_, second_;
  Parameter average_;
};

}  // namespace

ATELIER_DATASET("breakable", Breakable)
ATELIER_MODEL("cuts", Cuts)
