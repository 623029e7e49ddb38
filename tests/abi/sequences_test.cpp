// Recurrent layers as authors use them: over whole sequences, and step by step with the states carried along.
#include <algorithm>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string sequences(const std::string& settings) {
  return "[model]\nuse = \"sequences\"\n" + settings + "[train]\nsteps = 60\nbatch_size = 16\n";
}

}  // namespace

TEST_CASE("recurrent layers learn, and give the same step by step") {
  for (const std::string cell : {"tanh", "lstm", "gru"}) {
    CAPTURE(cell);
    const Run run = train(sequences("cell = \"" + cell + "\"\n"));
    CHECK(std::ranges::max(run.train("difference")) < 1e-6);
    CHECK(std::ranges::max(run.train("last")) == 0);
    const std::vector<double> loss = run.train("loss");
    CHECK(mean_of(loss, 50, 10) < 0.8 * loss.front());
    const runlog::Images images = run.log().samples("generated", 0);
    CHECK(std::ranges::max(images.pixels) > std::ranges::min(images.pixels));
  }
}

TEST_CASE("a recurrent cell of an unknown kind is an error that names it") {
  CHECK(contains(message_of([] { const Bench bench(make(sequences("cell = \"none\"\n"))); }),
                 "got the recurrent cell 'none', expected tanh, lstm or gru"));
}
