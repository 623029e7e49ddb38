// A dataset with the mistake that its setting names; and what else has names that cannot be.
#include <algorithm>
#include <atelier/dataset.hpp>
#include <atelier/metric.hpp>
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>
#include <limits>

namespace {

using namespace atelier;

constexpr int64_t pixels = 16;

class Careless final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Grey images with labels, and a mistake.";
    d.text("mistake", "none", "which one");
    d.integer("count", 20, "samples of each split").range(20);
    d.integer("label_of_7", 1, "of the sample 7 of each split, and of all that follow");
  }
  Careless(const Settings& settings, const Environment&)
      : mistake_(settings.text("mistake")), label_of_7_(settings.integer("label_of_7")) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    fields = {Field::image("image", {1, 4, 4}), {"label", ATL_INT64, {2}, 3}};
    train_count = test_count = settings.integer("count");
    Field& image = fields[0];
    const auto mistake = [&](const char* name) { return mistake_ == name; };
    if (mistake("float64")) image.dtype = ATL_FLOAT64;
    if (mistake("dtype 99")) image.dtype = 99;
    if (mistake("infinite")) image.high = infinity;
    if (mistake("huge range")) image.low = -1e308, image.high = 1e308;
    if (mistake("wide range")) image.low = -3e38, image.high = 3e38;
    if (mistake("nan")) image.low = std::numeric_limits<double>::quiet_NaN();
    if (mistake("upside down")) image.low = 1, image.high = 0;
    if (mistake("one value")) image.low = image.high = 1;
    if (mistake("no range")) image.low = image.high = 0;  // which is none
    if (mistake("equal in float32")) image.low = 1e9, image.high = 1e9 + 1;
    if (mistake("negative classes")) fields[1].classes = -1;
    if (mistake("classes of floats")) image.classes = 3;
    if (mistake("empty axis")) image.dims = {1, 0, 4};
    if (mistake("negative axis")) image.dims = {1, -4, 4};
    if (mistake("overflow")) image.dims = {int64_t{1} << 32, int64_t{1} << 32};
    if (mistake("many axes")) image.dims = std::vector<int64_t>(9, 1);
    if (mistake("twice")) fields[1].name = "image";
    if (mistake("slash")) fields[1].name = "a/b";
    if (mistake("no fields")) fields.clear();
    if (mistake("many fields")) fields.resize(17, {"more", ATL_FLOAT32, {1}, 0, 0, 1});
    if (mistake("negative count")) test_count = -1;
    if (mistake("large count")) train_count = (int64_t{1} << 32) + 5;
    if (mistake("large test count")) test_count = int64_t{1} << 40;
    if (mistake("in a file")) files = {"careless"};  // and is hashed
    outside_ = mistake("behind") ? 16 : mistake("before") ? -1 : mistake("doubles") ? 31 : 0;
  }
  void read(Split split, int64_t index, const Sample& sample) const override {
    std::fill_n(sample.reals(0), pixels, 0.5F);
    std::fill_n(sample.integers(1), 2, 0);
    if (index >= 7) {
      sample.integers(1)[1] = label_of_7_;
    }
    if (index == 0) {
      sample.reals(0)[outside_] = 1;
    }
    if (mistake_ == "behind the last" && index == 19 && split == Split::test) {
      sample.reals(0)[pixels] = 1;
    }
  }

 private:
  std::string mistake_;
  int64_t label_of_7_;
  int64_t outside_ = 0;
};

class NamedGroup final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "One parameter of a group.";
    d.text("group", "all", "its name");
  }
  NamedGroup(const Settings& settings, const DataSpec&, Builder& build) {
    build.group(settings.text("group").c_str()).parameter("w", {1}, Initializer::constant(0));
  }
  void train_step(Step&) const override {}
  void evaluate(Evaluation&) const override {}
  Tensor sample(Sampling&, int64_t) const override { return {}; }
};

class TwoArrays final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"m", "m"};
  static void describe(Description& d) {
    d.summary = "Keeps two arrays of one name.";
    d.number("learning_rate", 0.01, "not used").range(0);
  }
  explicit TwoArrays(const Settings&) {}
  void begin_update(const Update&, double*) const {}
  void update(const double*, size_t, float*, const float*, float* const*) const {}
};

class NamedResults final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Two results.";
    d.text("first", "a", "the name of one; the other is b");
  }
  NamedResults(const Settings& settings, const DataSpec&, Builder&) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("n")})};
    results = {{settings.text("first"), {}}, {"b", {}}};
  }
  std::vector<Tensor> batch(Measurement& measurement) const override { return {sum(measurement.images())}; }
  ValueLists finish(const CollectedValues&) const override { return {{0.0}, {0.0}}; }
};

}  // namespace

ATELIER_DATASET("careless", Careless)
ATELIER_MODEL("named-group", NamedGroup)
ATELIER_OPTIMIZER("two-arrays", TwoArrays)
ATELIER_METRIC("named-results", NamedResults)
