// What a metric may do with the images that the model generates.
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

TEST_CASE("a metric's generated images stay what they are when it has its batch run in the middle") {
  const auto squares = [](const std::string& pause) {
    const std::string models = "[dataset]\nuse = \"breakable\"\n[model]\nuse = \"cuts\"\n";
    return train(models + "[metric.squares]\nuse = \"pausing\"\npause = \"" + pause + "\"\n").evaluated("squares");
  };
  const double whole = squares("none");
  CHECK(whole > 0.0);
  CHECK(squares("materialize") == whole);
  CHECK(squares("read") == whole);
}
