// A dataset that reads from another one, and turns dark into light.
#include <atelier/dataset.hpp>

namespace {

using namespace atelier;

class Inverted final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Another dataset with its images inverted.";
    d.integer("limit", 0, "training samples to keep; 0 keeps all, more than there are makes reading fail").range(0);
    d.text("of", "source", "name of that dataset among the sources");
    d.text("file", "", "a file that it says it was read from");
  }
  Inverted(const Settings& settings, const Environment& environment)
      : source_(environment.source(settings.text("of"))) {
    if (!source_) {
      environment.fail("inverted: got no source, expected another dataset; hint: set dataset.source = \"shapes\"");
      return;
    }
    const DataSpec spec = source_.spec();
    fields = spec.fields;
    train_count = settings.integer("limit") > 0 ? settings.integer("limit") : spec.train_count;
    test_count = spec.test_count;
    if (!settings.text("file").empty()) {
      files = {settings.text("file")};
    }
  }
  void read(Split split, int64_t index, const Sample& sample) const override {
    if (!source_.read(split, index, sample)) {
      return;
    }
    const Field& image = fields[0];
    for (int64_t i = 0; i < image.elements(); ++i) {
      sample.reals(0)[i] = static_cast<float>(image.low + image.high) - sample.reals(0)[i];
    }
  }

 private:
  Source source_;
};

}  // namespace

ATELIER_DATASET("inverted", Inverted)
