// The flow of plugins/models/realnvp, by a plugin that looks at it: flow_probe.cpp.
#include <doctest/doctest.h>

#include <cmath>

#include "base/purposes.hpp"
#include "execute/session.hpp"
#include "ops/operations.hpp"
#include "plugin/model.hpp"

namespace {

using namespace atelier;

const plugin::Registry& registry() {
  static const plugin::Registry loaded({PROBES});
  return loaded;
}

struct Looked {
  double log_determinant, numeric, left;
};

// Weights and running statistics are far from what they begin as, which is the identity.
void scatter(record::Bank& bank) {
  double place = 0;
  for (const auto& parameter : bank.parameters) {
    const bool around_one = parameter->name.ends_with("variance") || parameter->name.ends_with("reach");
    for (int64_t i = 0; i < parameter->value.shape.elements(); ++i) {
      const double value = 0.15 * std::sin(place += 2.3) + (around_one ? 1.1 : 0);
      if (parameter->value.dtype == tensor::DType::f32) {
        parameter->value.storage.as<float>()[i] = static_cast<float>(value);
      } else {
        parameter->value.storage.as<double>()[i] = value;
      }
    }
  }
}

Looked look_at(const std::vector<int64_t>& image, const std::vector<int64_t>& features, tensor::DType real) {
  ops::register_operations();
  plugin::ModelRecipe recipe;
  recipe.model = {"flow-probe", {{"features", features}}};
  recipe.data = {{{"image", tensor::DType::f32, tensor::Shape(image)}}, 1, 1, {}};
  recipe.real = real;
  plugin::Model model(registry(), recipe);
  scatter(model.bank());
  execute::Executor executor(1);
  execute::Arena arena;
  execute::Session session(execute::Mode::sample, real, model.bank(), executor, arena);
  session.begin({5, purpose_sampling, 0, 0});
  const uint32_t sampled = *model.sample(session, 1, {});
  session.end(std::span(&sampled, 1));
  session.start();
  const tensor::Tensor& values = *session.wait().entries.front().tensor;
  const auto at = [&](size_t i) {
    return real == tensor::DType::f32 ? static_cast<double>(values.storage.as<float>()[i])
                                      : values.storage.as<double>()[i];
  };
  return {at(0), at(1), at(2)};
}

}  // namespace

TEST_CASE("a flow's determinant is that of its Jacobian by central differences, in double precision") {
  for (const auto& [image, features] : std::vector<std::pair<std::vector<int64_t>, std::vector<int64_t>>>{
           {{1, 4, 4}, {3}}, {{1, 4, 4}, {3, 5}}, {{3, 4, 6}, {4, 3}}, {{1, 8, 8}, {3, 4, 5}}}) {
    const Looked looked = look_at(image, features, tensor::DType::f64);
    CHECK(std::abs(looked.log_determinant) > 0.1);  // not the identity's
    CHECK(std::abs(looked.log_determinant - looked.numeric) < 1e-6 * (1 + std::abs(looked.numeric)));
  }
}

TEST_CASE("a flow's inverse leads back") {
  for (const std::vector<int64_t>& image : {std::vector<int64_t>{1, 8, 8}, {3, 12, 8}}) {
    CHECK(look_at(image, {4, 4, 4}, tensor::DType::f64).left < 1e-12);
    CHECK(look_at(image, {4, 4, 4}, tensor::DType::f32).left < 1e-5);
  }
}
