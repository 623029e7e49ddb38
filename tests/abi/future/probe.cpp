// A plugin of a minor that has a function `late` in the core table. It does without (USES 0), takes it where it is
// there (USES 1), or needs it (USES 2).
#include <atelier/custom_operation.hpp>
#include <atelier/dataset.hpp>

namespace {

using namespace atelier;

int64_t value() {
#if USES == 2
  return late();
#elif USES == 1
  int64_t found = 7;
  if (ATL_HAS(atl_core, detail::core, late)) {
    detail::core->late(&found);
  }
  return found;
#else
  return 7;
#endif
}

class Probe final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "One number in every pixel.";
    d.integer("width", 2, "columns").range(1, 8);
    d.text("path", "", "ignored");
  }
  Probe(const Settings& settings, const Environment& environment) {
    if (environment.sources().size() != 1) {
      settings.fail("expected one source");
    }
    const DataSpec source = environment.sources().front().spec();
    fields.push_back(Field::image("image", {1, static_cast<int64_t>(source.fields.size()), settings.integer("width")}));
    fields.push_back(Field::label("label", 3));
    train_count = test_count = source.train_count;
    inform("the probe is made");
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    if (index == 1) {
      sample.fail("the probe was told to fail");
      return;
    }
    for (int i = 0; i < 4; ++i) {
      static_cast<float*>(sample.fields()[0])[i] = static_cast<float>(value());
    }
    *static_cast<int64_t*>(sample.fields()[1]) = 2;
  }
};

class Twice {
 public:
  static void describe(OperationDescription& d) {
    d.summary = "2 a + b.";
    d.input("a");
    d.input("b");
    d.output("y");
    d.output("z");
  }
  static void infer(const OperationShapes& shapes) {
    shapes.output(0, shapes.input(0));
    shapes.output(1, shapes.input(1));
  }
  template <typename Real>
  static void forward(const OperationCall<Real>&) {}
};

}  // namespace

ATELIER_DATASET("probe", Probe)
ATELIER_OPERATION("twice/1", Twice)
