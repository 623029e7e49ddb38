#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "kernel_runner.hpp"
#include "kernels/elementwise.hpp"

using namespace atelier;
using namespace atelier::kernels;
using namespace atelier::kernels::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::vector<float> apply(std::string_view name, const std::vector<std::vector<float>>& inputs,
                         const std::vector<double>& operands = {}) {
  const ElementwiseFunction& function = elementwise_function(name);
  std::vector<float> out(inputs[0].size());
  for (size_t first = 0; first < out.size(); first += elementwise_block) {
    const float* pointers[elementwise_max_inputs] = {};
    for (size_t k = 0; k < inputs.size(); ++k) {
      pointers[k] = inputs[k].data() + first;
    }
    const size_t n = std::min<size_t>(elementwise_block, out.size() - first);
    function.f32(pointers, operands.data(), out.data() + first, static_cast<int64_t>(n));
  }
  return out;
}

// Every exponent, both signs, and a fine net of ordinary values.
std::vector<float> wide_range() {
  std::vector<float> x = {0.0F,  -0.0F,  infinity, -infinity, not_a_number, 1.0F,
                          -1.0F, 1e-45F, -1e-45F,  3.4e38F,   -3.4e38F};
  for (uint64_t bits = 1; bits < 0x7f800000U; bits += 40009) {
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
    x.push_back(-x.back());
  }
  for (int i = -60000; i <= 60000; ++i) {
    x.push_back(static_cast<float>(i) * 0.0021F);
  }
  return x;
}

// The largest error in units of the last place of the result, or of the smallest normal number.
void check_accuracy(std::string_view name, double (*reference)(double), double limit) {
  const std::vector<float> x = wide_range();
  const std::vector<float> y = apply(name, {x});
  double worst = 0;
  float worst_at = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double wanted = reference(x[i]);
    const auto rounded = static_cast<float>(wanted);
    if (std::isnan(wanted) || std::isinf(rounded) || std::isnan(y[i]) || std::isinf(y[i])) {
      const bool is_near_overflow = std::isinf(y[i]) && std::fabs(wanted) > 3.4028e38;
      const bool is_same = std::isnan(wanted) ? std::isnan(y[i]) : (rounded == y[i] || is_near_overflow);
      INFO(name, "(", x[i], ") is ", y[i], ", expected ", rounded);
      CHECK(is_same);
      continue;
    }
    const double unit = std::max(0x1p-149, std::ldexp(1.0, std::ilogb(std::max(std::fabs(wanted), 0x1p-126)) - 23));
    const double error = std::fabs(y[i] - wanted) / unit;
    if (error > worst) {
      worst = error;
      worst_at = x[i];
    }
  }
  INFO(name, ": ", worst, " units at ", worst_at);
  CHECK(worst <= limit);
}

}  // namespace

TEST_CASE("float32 functions are within 3 units in the last place, over all exponents" * doctest::skip(only_threads)) {
  check_accuracy(
      "exp", [](double x) { return std::exp(x); }, 3);
  check_accuracy(
      "expm1", [](double x) { return std::expm1(x); }, 3);
  check_accuracy(
      "log", [](double x) { return std::log(x); }, 3);
  check_accuracy(
      "log1p", [](double x) { return std::log1p(x); }, 3);
  check_accuracy(
      "tanh", [](double x) { return std::tanh(x); }, 3);
  check_accuracy(
      "sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, 3);
  check_accuracy(
      "softplus", [](double x) { return x > 30 ? x + std::exp(-x) : std::log1p(std::exp(x)); }, 3);
  check_accuracy(
      "erf", [](double x) { return std::erf(x); }, 3);
  check_accuracy(
      "sin", [](double x) { return std::sin(x); }, 3);
  check_accuracy(
      "cos", [](double x) { return std::cos(x); }, 3);
  check_accuracy(
      "sqrt", [](double x) { return std::sqrt(x); }, 0.5);
  check_accuracy(
      "rsqrt", [](double x) { return 1 / std::sqrt(x); }, 2);
  check_accuracy(
      "tan", [](double x) { return std::tan(x); }, 3);
  check_accuracy(
      "asin", [](double x) { return std::asin(x); }, 1);
  check_accuracy(
      "acos", [](double x) { return std::acos(x); }, 1);
  check_accuracy(
      "atan", [](double x) { return std::atan(x); }, 1);
  check_accuracy(
      "sinh", [](double x) { return std::sinh(x); }, 1);
  check_accuracy(
      "cosh", [](double x) { return std::cosh(x); }, 1);
  check_accuracy(
      "lgamma", [](double x) { return std::lgamma(x); }, 1);
  check_accuracy(
      "floor", [](double x) { return std::floor(x); }, 0);
  check_accuracy(
      "ceil", [](double x) { return std::ceil(x); }, 0);
  check_accuracy(
      "round", [](double x) { return std::nearbyint(x); }, 0);
  check_accuracy(
      "abs", [](double x) { return std::fabs(x); }, 0);
}

TEST_CASE("float32 functions at the edges") {
  const std::vector<float> x = {-infinity, infinity, 0.0F, -0.0F, -1.0F, not_a_number};
  const auto check = [&](std::string_view name, const std::vector<float>& wanted,
                         const std::vector<double>& operands = {}) {
    const std::vector<float> y = apply(name, {x}, operands);
    for (size_t i = 0; i < x.size(); ++i) {
      INFO(name, "(", x[i], ") is ", y[i], ", expected ", wanted[i]);
      CHECK((std::isnan(wanted[i]) ? std::isnan(y[i])
                                   : (y[i] == wanted[i] && std::signbit(y[i]) == std::signbit(wanted[i]))));
    }
  };
  check("exp", {0, infinity, 1, 1, std::exp(-1.0F), not_a_number});
  check("log", {not_a_number, infinity, -infinity, -infinity, not_a_number, not_a_number});
  check("log1p", {not_a_number, infinity, 0.0F, -0.0F, -infinity, not_a_number});
  check("tanh", {-1, 1, 0.0F, -0.0F, std::tanh(-1.0F), not_a_number});
  check("relu", {0, infinity, 0, 0, 0, not_a_number});
  check("sign", {-1, 1, 0.0F, -0.0F, -1, not_a_number});
  check("step", {0, 1, 0, 0, 0, 0});
  check("is_finite", {0, 0, 1, 1, 1, 0});
  check("floor", {-infinity, infinity, 0.0F, -0.0F, -1, not_a_number});
  check("sin", {not_a_number, not_a_number, 0.0F, 0.0F, std::sin(-1.0F), not_a_number});
  check("ceil", {-infinity, infinity, 0.0F, -0.0F, -1, not_a_number});
  check("round", {-infinity, infinity, 0.0F, -0.0F, -1, not_a_number});
  check("tan", {not_a_number, not_a_number, 0.0F, 0.0F, std::tan(-1.0F), not_a_number});
  check("asin", {not_a_number, not_a_number, 0.0F, -0.0F, std::asin(-1.0F), not_a_number});
  check("acos", {not_a_number, not_a_number, std::acos(0.0F), std::acos(0.0F), std::acos(-1.0F), not_a_number});
  check("atan", {std::atan(-infinity), std::atan(infinity), 0.0F, -0.0F, std::atan(-1.0F), not_a_number});
  check("sinh", {-infinity, infinity, 0.0F, -0.0F, std::sinh(-1.0F), not_a_number});
  check("cosh", {infinity, infinity, 1, 1, std::cosh(-1.0F), not_a_number});
  check("lgamma", {infinity, infinity, infinity, infinity, infinity, not_a_number});
  check("digamma", {not_a_number, infinity, -infinity, infinity, not_a_number, not_a_number});
  check("trigamma", {not_a_number, 0, infinity, infinity, infinity, not_a_number});
  check("clamp", {-0.5F, 0.5F, 0.0F, -0.0F, -0.5F, not_a_number}, {-0.5, 0.5});
  check("clamp_step", {0, 0, 1, 1, 0, 0}, {-0.5, 0.5});
  check("leaky_relu", {-infinity, infinity, 0.0F, -0.0F, -0.25F, not_a_number}, {0.25});
  check("leaky_step", {0.25F, 1, 0.25F, 0.25F, 0.25F, 0.25F}, {0.25});
  check("elu", {-2, infinity, 0.0F, -0.0F, 2 * std::expm1(-1.0F), not_a_number}, {2});
  check("power", {infinity, infinity, 0, 0, 1, not_a_number}, {2});
  check("power", {-infinity, infinity, 0.0F, 0.0F, -1, not_a_number}, {5});
  check("power", {not_a_number, infinity, 0, 0, not_a_number, not_a_number}, {0.3});
}

TEST_CASE("float32 functions of two numbers are within 1 unit in the last place, and as C has them at the edges") {
  std::vector<float> some = {0.0F,     -0.0F,       infinity,   -infinity,   not_a_number, 1e-45F,     -1e-45F, 3.4e38F,
                             -3.4e38F, 16777217.0F, 8388607.5F, -8388607.0F, 0.99999994F,  1.0000001F, 2.7F};
  for (float x = 0.5F; x < 20; x += 0.5F) {
    some.insert(some.end(), {x, -x, x * 1.0007F, -x / 3});
  }
  const std::pair<const char*, double (*)(double, double)> functions[] = {
      {"pow", [](double a, double b) { return std::pow(a, b); }},
      {"atan2", [](double a, double b) { return std::atan2(a, b); }}};
  for (const auto& [name, reference] : functions) {
    for (const float a : some) {
      const std::vector<float> first(some.size(), a);
      const std::vector<float> y = apply(name, {first, some});
      for (size_t i = 0; i < some.size(); ++i) {
        const auto wanted = static_cast<float>(reference(a, some[i]));
        const float unit = std::fabs(std::nextafter(wanted, infinity) - wanted);
        const bool is_same = std::isnan(wanted) ? std::isnan(y[i])
                             : std::isinf(wanted) || wanted == 0
                                 ? y[i] == wanted && std::signbit(y[i]) == std::signbit(wanted)
                                 : std::fabs(y[i] - wanted) <= unit;
        INFO(name, "(", a, ", ", some[i], ") is ", y[i], ", expected ", wanted);
        CHECK(is_same);
      }
    }
  }
}

// Exact to 17 digits, near roots and poles and far from them. In float64 they are the same code.
TEST_CASE("digamma and trigamma") {
  const std::vector<double> x = {1e-3, 0.5, 1, 1.4616321449683622, 2, 9.75, 150.25, -0.3, -7.6, -1e-4};
  const std::vector<double> digamma = {
      -1000.5755719318103, -1.9635100260214235, -0.57721566490153286, -9.2412655217294275e-17, 0.42278433509846714,
      2.225109535044576,   5.0089690950212172,  2.1133097796353989,   1.071732116277544,       9999.4226198296697};
  const std::vector<double> trigamma = {
      1000001.6425331958,  4.9348022005446793,    1.6449340668482264, 0.96767224544762125, 0.64493406684822644,
      0.10800324333663185, 0.0066777715123718275, 13.945160267805722, 10.788265451054699,  100000001.6451745};
  for (size_t i = 0; i < x.size(); ++i) {
    for (const auto& [name, exact] : {std::pair("digamma", digamma[i]), {"trigamma", trigamma[i]}}) {
      const double* inputs[] = {&x[i]};
      double wide = 0;
      elementwise_function(name).f64(inputs, nullptr, &wide, 1);
      INFO(name, "(", x[i], ") is ", wide, ", expected ", exact);
      CHECK(std::fabs(wide - exact) <= 1e-13 * std::fabs(exact) + 1e-14);
    }
  }
  // A float's own value, which is what the argument was rounded to.
  CHECK(apply("digamma", {{0.25F, 7.5F, -2.25F}}) ==
        std::vector<float>{-4.227453708648682F, 1.946757435798645F, 4.158583641052246F});
  CHECK(apply("trigamma", {{0.25F, 7.5F, -2.25F}}) ==
        std::vector<float>{17.197328567504883F, 0.1426158994436264F, 19.379409790039062F});
}

TEST_CASE("comparisons, extremes and select") {
  const std::vector<float> a = {1, 2, 3, not_a_number, 1, 0};
  const std::vector<float> b = {2, 2, 1, 1, not_a_number, 5};
  CHECK(apply("less", {a, b}) == std::vector<float>{1, 0, 0, 0, 0, 1});
  CHECK(apply("less_equal", {a, b}) == std::vector<float>{1, 1, 0, 0, 0, 1});
  CHECK(apply("greater", {a, b}) == std::vector<float>{0, 0, 1, 0, 0, 0});
  CHECK(apply("greater_equal", {a, b}) == std::vector<float>{0, 1, 1, 0, 0, 0});
  CHECK(apply("equal", {a, b}) == std::vector<float>{0, 1, 0, 0, 0, 0});
  CHECK(apply("not_equal", {a, b}) == std::vector<float>{1, 0, 1, 1, 1, 1});
  CHECK(std::isnan(apply("maximum", {a, b})[3]));
  CHECK(std::isnan(apply("maximum", {a, b})[4]));
  CHECK(std::isnan(apply("minimum", {a, b})[3]));
  CHECK(std::isnan(apply("minimum", {a, b})[4]));
  CHECK(apply("maximum", {a, b})[0] == 2);
  CHECK(apply("minimum", {a, b})[0] == 1);
  CHECK(apply("select", {{0, 1, 0}, {1, 2, 3}, {4, 5, 6}}) == std::vector<float>{4, 2, 6});
  CHECK_THROWS_WITH_AS(elementwise_function("tanhh"), "elementwise function 'tanhh' does not exist", Error);
}

TEST_CASE("every function: the same bits on every instruction set, at every place, in place, and near its double twin" *
          doctest::skip(only_threads)) {
  std::vector<float> x = wide_range();
  x.resize(x.size() / elementwise_block * elementwise_block);
  const std::vector<float> other = numbers<float>(x.size(), 3);
  std::vector<std::string> names = {
      "add",        "sub",           "mul",        "div",       "maximum",    "minimum",   "less",     "less_equal",
      "greater",    "greater_equal", "equal",      "not_equal", "neg",        "abs",       "sign",     "square",
      "sqrt",       "rsqrt",         "reciprocal", "exp",       "log",        "log1p",     "expm1",    "tanh",
      "sigmoid",    "softplus",      "relu",       "erf",       "sin",        "cos",       "tan",      "asin",
      "acos",       "atan",          "sinh",       "cosh",      "lgamma",     "digamma",   "trigamma", "atan2",
      "pow",        "ceil",          "round",      "floor",     "step",       "is_finite", "select",   "leaky_relu",
      "leaky_step", "elu",           "elu_step",   "clamp",     "clamp_step", "power",     "splat"};
  const auto without_nan_payload = [](std::vector<float> values) {
    for (float& value : values) {
      value = std::isnan(value) ? not_a_number : value;
    }
    return values;
  };
  for (const std::string& name : names) {
    std::vector<std::vector<float>> results;
    for (const Isa isa : supported_isas()) {
      const PinnedIsa pinned(isa);
      results.push_back(without_nan_payload(apply(name, {x, other, other}, {0.75, 1.5})));
      INFO(name, " on ", name_of(isa));
      CHECK(same_bits(results.front(), results.back()));
    }
    // One element at a time, and over its own input.
    const ElementwiseFunction& function = elementwise_function(name);
    std::vector<float> single = x;
    const double operands[] = {0.75, 1.5};
    for (size_t i = 0; i < single.size(); i += 7) {
      const float* inputs[] = {single.data() + i, other.data() + i, other.data() + i};
      function.f32(inputs, operands, single.data() + i, 1);
      const float wanted = results[0][i];
      const bool is_same = std::isnan(wanted) ? std::isnan(single[i]) : single[i] == wanted;
      INFO(name, " at ", i, ": ", single[i], ", expected ", wanted);
      REQUIRE(is_same);
    }
    for (size_t i = 0; i < x.size(); i += 5) {
      const double a = x[i];
      const double b = other[i];
      const double* inputs[] = {&a, &b, &b};
      double wanted = 0;
      function.f64(inputs, operands, &wanted, 1);
      if (std::isfinite(results[0][i]) && std::isfinite(wanted) && std::fabs(wanted) < 1e30) {
        INFO(name, "(", a, ", ", b, ") is ", results[0][i], ", expected ", wanted);
        const double tolerance = name == "power" ? 1e-5 : 3e-7;
        CHECK(std::fabs(results[0][i] - wanted) <= tolerance * std::fabs(wanted) + 1e-37);
      }
    }
  }
}
