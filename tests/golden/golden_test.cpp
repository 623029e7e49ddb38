// The models, losses and optimizers that come with the host against PyTorch's values in the JSON files.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

#include "base/purposes.hpp"
#include "golden_case.hpp"
#include "kernels/random.hpp"

namespace atelier::golden {
namespace {

// Errors are measured against the larger of the expected value and the largest of its tensor, as an element may be what
// is left of terms that cancel; a whole tensor may be (the bias in front of a normalization), which the floor is for.
constexpr double float32_tolerance = 2e-5;
constexpr double float64_tolerance = 1e-9;
constexpr double floor_of_scale = 0.1;  // of the largest value in all tensors of a step

const plugin::Registry& registry() {
  static const plugin::Registry loaded({PLUGINS});
  return loaded;
}

// A file for each.
std::vector<std::string> families() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN)) {
    if (entry.path().extension() == ".json") {
      out.push_back(entry.path().string());
    }
  }
  std::ranges::sort(out);
  return out;
}

std::vector<Case> all_cases() {
  std::vector<Case> out;
  for (const std::string& family : families()) {
    for (Case& golden : read_cases(family, registry())) {
      out.push_back(std::move(golden));
    }
  }
  return out;
}

double largest(const Numbers& values) {
  double out = 0;
  for (const double value : values) {
    out = std::max(out, std::abs(value));
  }
  return out;
}

// Compares, and remembers the largest error.
class Comparison {
 public:
  Comparison(const Case& golden, double tolerance)
      : where_(golden.recipe.model.use + ", " + golden.name), tolerance_(tolerance) {}
  ~Comparison() { MESSAGE(where_, ": largest relative error ", largest_error_, ", allowed ", tolerance_); }
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void step(int64_t step, const StepValues& actual, const StepValues& expected) {
    const std::string place = where_ + ", step " + std::to_string(step);
    for (const auto& [name, value] : expected.losses) {
      REQUIRE_MESSAGE(actual.losses.contains(name), place, ": no loss ", name);
      array(place + ", " + name, {actual.losses.at(name)}, {value}, 0);
    }
    arrays(place + ", gradient of ", actual.gradients, expected.gradients);
  }

  void weights(const Named& actual, const Named& expected) {
    arrays(where_ + ", after the last step, ", actual, expected);
  }

 private:
  void arrays(const std::string& place, const Named& actual, const Named& expected) {
    REQUIRE_MESSAGE(actual.size() == expected.size(), place, actual.size(), " tensors, expected ", expected.size());
    double scale = 0;
    for (const auto& [name, values] : expected) {
      scale = std::max(scale, largest(values));
    }
    for (const auto& [name, values] : expected) {
      REQUIRE_MESSAGE(actual.contains(name), place, name, ": missing");
      array(place + name, actual.at(name), values, floor_of_scale * scale);
    }
  }

  // Stops at the first wrong element: what follows it is wrong too.
  void array(const std::string& place, const Numbers& actual, const Numbers& expected, double smallest_scale) {
    REQUIRE_MESSAGE(actual.size() == expected.size(), place, ": ", actual.size(), " elements, expected ",
                    expected.size());
    const double scale = std::max(largest(expected), smallest_scale);
    for (size_t i = 0; i < expected.size(); ++i) {
      const double error = std::abs(actual[i] - expected[i]) / scale;
      REQUIRE_MESSAGE(error <= tolerance_, place, "[", i, "]: expected ", expected[i], ", actual ", actual[i],
                      ", relative error ", error);
      largest_error_ = std::max(largest_error_, error);
    }
  }

  std::string where_;
  double tolerance_;
  double largest_error_ = 0;
};

}  // namespace

TEST_CASE("golden: every model, loss and optimizer is in some case") {
  std::set<std::pair<catalog::Kind, std::string>> covered;
  for (const Case& golden : all_cases()) {
    covered.insert({catalog::Kind::model, golden.recipe.model.use});
    for (const auto& [slot, loss] : golden.recipe.losses) {
      covered.insert({catalog::Kind::loss, loss.use});
    }
    covered.insert({catalog::Kind::optimizer, golden.optimizer.use});
  }
  for (const catalog::Description& component : registry().descriptions()) {
    if (component.kind == catalog::Kind::model || component.kind == catalog::Kind::loss ||
        component.kind == catalog::Kind::optimizer) {
      CHECK_MESSAGE(covered.contains({component.kind, component.name}),
                    fmt::format("the {} '{}' has no golden case; hint: add one to make.py", name_of(component.kind),
                                component.name));
    }
  }
}

TEST_CASE("golden: draws are bit for bit those of make.py") {
  for (const Case& golden : all_cases()) {
    for (size_t step = 0; step < golden.noise.size(); ++step) {
      for (int64_t row = 0; row < golden.batch; ++row) {
        std::vector<float> drawn(static_cast<size_t>(golden.latent));
        kernels::normal_host(drawn, {golden.recipe.seed, purpose_training},
                             {.step = step + 1, .row = static_cast<uint64_t>(row)});
        for (int64_t i = 0; i < golden.latent; ++i) {
          const auto expected = static_cast<float>(golden.noise[step][static_cast<size_t>(row * golden.latent + i)]);
          REQUIRE_MESSAGE(drawn[static_cast<size_t>(i)] == expected, golden.name, ", step ", step + 1, ", row ", row,
                          ", [", i, "]");
        }
      }
    }
  }
}

TEST_CASE("golden: losses and gradients of a step without updates in float64") {
  for (const Case& golden : all_cases()) {
    if (golden.has_frozen) {
      Comparison comparison(golden, float64_tolerance);
      GoldenRun run(golden, registry(), tensor::DType::f64);
      comparison.step(1, run.step(1), golden.frozen);
    }
  }
}

TEST_CASE("golden: gradients in float64 agree with central differences") {
  for (const Case& golden : all_cases()) {
    if (golden.recipe.model.use != "diffusion" && golden.recipe.model.use != "realnvp") {
      continue;
    }
    const Named gradients = GoldenRun(golden, registry(), tensor::DType::f64).step(1).gradients;
    for (const auto& entry : gradients) {
      const size_t place = entry.second.size() / 2;  // of one element of each tensor
      std::array<double, 2> values{};
      std::array<double, 2> losses{};
      for (const size_t side : {0, 1}) {
        Case moved = golden;
        double& value = moved.initial.at(entry.first)[place];
        value = static_cast<float>(value + (side == 0 ? -1 : 1) * 0x1p-14);  // what the run begins from is float32
        values.at(side) = value;
        losses.at(side) = GoldenRun(moved, registry(), tensor::DType::f64).step(1).losses.at("loss");
      }
      const double expected = (losses[1] - losses[0]) / (values[1] - values[0]);
      CHECK_MESSAGE(std::abs(entry.second[place] - expected) <= 1e-6 * std::max(1.0, std::abs(expected)),
                    golden.recipe.model.use, ", ", golden.name, ", ", entry.first, "[", place, "]: expected ", expected,
                    ", actual ", entry.second[place]);
    }
  }
}

TEST_CASE("golden: losses, gradients and weights of three steps in float32") {
  for (const Case& golden : all_cases()) {
    Comparison comparison(golden, float32_tolerance);
    GoldenRun run(golden, registry(), tensor::DType::f32);
    for (size_t step = 1; step <= golden.steps.size(); ++step) {
      comparison.step(static_cast<int64_t>(step), run.step(static_cast<int64_t>(step)), golden.steps[step - 1]);
    }
    comparison.weights(run.weights(), golden.weights);
  }
}

TEST_CASE("golden: pixels drawn beside what is remembered are those drawn from whole images") {
  for (const Case& golden : all_cases()) {
    for (const tensor::DType real : {tensor::DType::f32, tensor::DType::f64}) {
      if (!golden.sampled.empty()) {
        const Numbers drawn = GoldenRun(golden, registry(), real).sample(golden.batch);
        REQUIRE(drawn.size() == golden.sampled.size());
        for (size_t i = 0; i < drawn.size(); ++i) {
          CHECK_MESSAGE(drawn[i] == doctest::Approx(golden.sampled[i]), golden.name, ", [", i, "]");
        }
      }
    }
  }
}

}  // namespace atelier::golden
