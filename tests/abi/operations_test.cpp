// Functions and layers of the wrapper: plugins/operations.cpp logs what is checked here.
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

const std::string text =
    "[model]\nuse = \"operations\"\n[optimizer]\nuse = \"adam\"\nlearning_rate = 0.02\n"
    "[train]\nsteps = 60\nbatch_size = 16\n[evaluate]\nevery = 30\n";

}  // namespace

TEST_CASE("operations: the wrapper's functions hand on what they are given, and layers of them learn") {
  const Run run = train(text);
  size_t checked = 0;
  const runlog::Reader log = run.log();
  for (const runlog::Cadence& cadence : log.description().cadences) {
    for (const runlog::MetricColumn& column : cadence.metrics) {
      if (column.name.starts_with("off.")) {
        CHECK_MESSAGE(log.metric(cadence.name, column.name).values.front() < 1e-5, column.name);
        ++checked;
      }
    }
  }
  CHECK(checked == 29);
  const std::vector<double> loss = run.train("loss");
  CHECK(mean_of(loss, 50, 10) < 0.95 * mean_of(loss, 0, 10));
}

TEST_CASE("operations: a split that does not fit says what was expected, and where") {
  const auto message = [](const std::string& mistake) {
    return failure("[model]\nuse = \"operations\"\nmistake = \"" + mistake + "\"\n");
  };
  const std::string lengths = message("lengths");
  CHECK_MESSAGE(contains(lengths, "operations.cpp:"), lengths);
  CHECK_MESSAGE(contains(lengths, "split: got lengths that add up to 4 for an axis of 3"), lengths);
  const std::string parts = message("parts");
  CHECK_MESSAGE(contains(parts, "split_equally: got an axis of 3 for 2 parts, expected a number of parts that divides"),
                parts);
}
