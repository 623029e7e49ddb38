// A metric that has its batch run in the middle.
#include <atelier/metric.hpp>

namespace {

using namespace atelier;

class Pausing final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "The mean square of generated images.";
    d.text("pause", "none", "what runs the batch between two looks at its images")
        .choices({"none", "materialize", "read"});
  }
  Pausing(const Settings& settings, const DataSpec&, Builder&) : pause_(settings.text("pause")) {
    passes = {Pass::generated(40, {Collected::sum("squares")})};
    results = {{"", {}}};
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    Tensor first = measurement.generated() * 1.0;
    if (pause_ == "materialize") {
      measurement.materialize({&first});
    } else if (pause_ == "read") {
      static_cast<void>(measurement.read(first));
    }
    return {sum(first * measurement.generated())};
  }
  ValueLists finish(const CollectedValues& collected) const override { return {{collected[0][0][0] / 40.0}}; }

 private:
  std::string pause_;
};

}  // namespace

ATELIER_METRIC("pausing", Pausing)
