// Layers and operations on images, through the SDK: plugins/image_layers.cpp logs what is checked here.
#include <cmath>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

const std::string text =
    "[model]\nuse = \"image-layers\"\n[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.05\n"
    "[train]\nsteps = 60\nbatch_size = 16\n[evaluate]\nevery = 30\n";

const Run& run() {
  static const Run done = train(text);
  return done;
}

// The largest singular value of a (rows, columns) matrix.
double largest_singular_value(const std::vector<float>& matrix, size_t rows) {
  const size_t columns = matrix.size() / rows;
  std::vector<double> v(columns, 1.0);
  double length = 0;
  for (int iteration = 0; iteration < 500; ++iteration) {
    std::vector<double> next(columns, 0.0);
    for (size_t r = 0; r < rows; ++r) {
      double product = 0;
      for (size_t c = 0; c < columns; ++c) {
        product += matrix[r * columns + c] * v[c];
      }
      for (size_t c = 0; c < columns; ++c) {
        next[c] += matrix[r * columns + c] * product;
      }
    }
    length = 0;
    for (const double value : next) {
      length += value * value;
    }
    length = std::sqrt(length);
    for (size_t c = 0; c < columns; ++c) {
      v[c] = next[c] / length;
    }
  }
  return std::sqrt(length);
}

}  // namespace

TEST_CASE("a network of all of them learns, and evaluates by its running statistics") {
  const std::vector<double> loss = run().train("loss");
  CHECK(mean_of(loss, 50, 10) < 0.95 * mean_of(loss, 0, 10));
  CHECK(run().evaluated("loss") < loss.front());
}

TEST_CASE("spectral normalization divides a weight by its largest singular value") {
  Bench bench(make(text, {"optimizer.learning_rate=0.0"}));
  double frobenius = 0;
  for (int step = 0; step < 40; ++step) {
    for (const execute::StepResult& result : bench.step().entries) {
      if (result.kind == record::OutputKind::logged &&
          bench->steps.session().names()[static_cast<size_t>(result.index)] == "spectral.frobenius") {
        frobenius = result.value;
      }
    }
  }
  const std::vector<float> weight = bench.values("classifier.last.weight");
  double squares = 0;
  for (const float value : weight) {
    squares += static_cast<double>(value) * value;
  }
  CHECK(frobenius == doctest::Approx(std::sqrt(squares) / largest_singular_value(weight, weight.size() / 4)));
}

TEST_CASE("an embedding's gradient reaches the rows that were used, as often as they were") {
  Bench bench(make(text, {"optimizer.learning_rate=0.5"}));
  const std::vector<float> before = bench.values("table.embedding.table");
  bench.step();
  const std::vector<float> after = bench.values("table.embedding.table");
  const float moved[] = {1, 1, 0, 0, 0.5, 0.5};
  for (size_t i = 0; i < after.size(); ++i) {
    CHECK_MESSAGE(before[i] - after[i] == doctest::Approx(moved[i]), i);
  }
}

TEST_CASE("images are moved by whole pixels and turned counter-clockwise") {
  CHECK(run().train("warp.translated").front() < 1e-5);
  CHECK(run().train("warp.rotated").front() < 1e-5);
}

TEST_CASE("masked convolutions see what comes before a pixel, and nothing else") {
  const auto seen = [&](const std::string& name) { return run().train(name).front(); };
  for (const std::string region : {"raster", "vertical", "horizontal"}) {
    for (const std::string colour : {"0", "1", "2"}) {
      const std::string name = region + "." + colour;
      CAPTURE(name);
      CHECK(std::abs(seen(name + ".rest")) < 1e-5);
      CHECK((seen(name + ".above") > 1e-3) == (region != "horizontal"));
      CHECK((seen(name + ".left") > 1e-3) == (region != "vertical"));
      CHECK((seen(name + ".own") > 1e-3) == (region != "vertical" && colour != "0"));
    }
  }
}
