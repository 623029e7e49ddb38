#include <doctest/doctest.h>

#include "base/terminal_text.hpp"
#include "cli/progress.hpp"

using namespace atelier;
using cli::bar_line;

namespace {

training::Progress example(std::vector<std::pair<std::string_view, double>> losses) {
  training::Progress out;
  out.step = 320;
  out.total_steps = 1000;
  out.epoch = 3.2;
  out.losses = std::move(losses);
  out.samples_per_second = 41200;
  out.seconds_left = 83;
  return out;
}

}  // namespace

TEST_CASE("progress: what gives way where a terminal is narrow") {
  const training::Progress one = example({{"loss", 231.44}});
  CHECK(bar_line(one, 200) == "[######--------------] epoch 3.2/10  loss 231.4  41,200 samples/s  1:23 left");
  CHECK(bar_line(one, 70) == "[###-------] epoch 3.2/10  loss 231.4  41,200 samples/s  1:23 left");
  CHECK(bar_line(one, 60) == "[###-------] epoch 3.2/10  loss 231.4  1:23 left");
  CHECK(bar_line(one, 39) == "epoch 3.2/10  loss 231.4  1:23 left");
  CHECK(bar_line(one, 25) == "loss 231.4  1:23 left");
}

TEST_CASE("progress: both players of a game are shown, with the time left, on 80 columns and on 40") {
  const training::Progress game = example({{"discriminator_loss", 1.3862}, {"generator_loss", 0.69314}});
  CHECK(bar_line(game, 79) == "epoch 3.2/10  discriminator_loss 1.386  generator_loss 0.6931  1:23 left");
  for (size_t columns = 24; columns < 120; ++columns) {
    const std::string line = bar_line(game, columns);
    CHECK(terminal::columns_of(line) <= columns);
    if (columns >= 32) {
      CHECK(line.find("1.386") != std::string::npos);
      CHECK(line.find("0.6931") != std::string::npos);
      CHECK(line.ends_with("1:23 left"));
    }
  }
}
