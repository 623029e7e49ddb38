#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using tensor::Shape;

void add_unary(std::vector<Case>& cases, const char* name, double low, double high,
               const record::Attributes& attributes = {}) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{3, 5}, Shape{2, 1, 7}}) {
    cases.push_back({name, {{shape, low, high}}, attributes});
  }
}

// Broadcast neither way, either way, and both ways.
void add_binary(std::vector<Case>& cases, const char* name, double low, double high) {
  const std::pair<Shape, Shape> shapes[] = {
      {{3, 5}, {3, 5}}, {{3, 5}, {5}}, {{}, {2, 3}}, {{3, 1}, {2, 1, 5}}, {{1}, {1}}};
  for (const auto& [a, b] : shapes) {
    cases.push_back({name, {{a}, {b, low, high}}});
  }
}

}  // namespace

std::vector<Case> elementwise_cases() {
  std::vector<Case> cases;
  for (const auto* name : {"add/1", "sub/1", "mul/1", "maximum/1", "minimum/1", "less/1", "less_equal/1", "greater/1",
                           "greater_equal/1", "equal/1", "not_equal/1", "bce_with_logits/1"}) {
    add_binary(cases, name, -2, 2);
  }
  add_binary(cases, "atan2/1", 0.5, 2);
  cases.push_back({"pow/1", {{{3, 5}, 0.5, 2}, {{3, 5}}}});
  cases.push_back({"pow/1", {{{3, 1}, 0.5, 2}, {{2, 1, 5}}}});
  cases.push_back({"pow/1", {{{}, 0.5, 2}, {{1}}}});
  add_binary(cases, "div/1", 0.5, 2);
  for (const auto* name :
       {"neg/1",      "abs/1",  "sign/1",  "square/1", "exp/1",       "expm1/1", "tanh/1", "sigmoid/1",
        "softplus/1", "relu/1", "erf/1",   "sin/1",    "cos/1",       "atan/1",  "sinh/1", "cosh/1",
        "floor/1",    "ceil/1", "round/1", "step/1",   "is_finite/1", "gelu/1"}) {
    add_unary(cases, name, -2, 2);
  }
  for (const auto* name : {"sqrt/1", "rsqrt/1", "reciprocal/1", "log/1", "log1p/1"}) {
    add_unary(cases, name, 0.5, 3);
  }
  add_unary(cases, "tan/1", -1.2, 1.2);
  add_unary(cases, "asin/1", -0.9, 0.9);
  add_unary(cases, "acos/1", -0.9, 0.9);
  add_unary(cases, "lgamma/1", 0.3, 4);
  add_unary(cases, "lgamma/1", -1.9, -1.1);
  cases.push_back({"digamma/1", {{{3, 5}, 0.3, 4}}, {}, false});
  cases.push_back({"digamma/1", {{{4}, -1.9, -1.1}}, {}, false});
  add_unary(cases, "leaky_relu/1", -2, 2, {Attribute::of(0.2)});
  add_unary(cases, "leaky_step/1", -2, 2, {Attribute::of(0.2)});
  add_unary(cases, "elu/1", -2, 2, {Attribute::of(1.3)});
  add_unary(cases, "elu_step/1", -2, 2, {Attribute::of(1.3)});
  add_unary(cases, "clamp/1", -2, 2, {Attribute::of(-0.9), Attribute::of(1.05)});
  add_unary(cases, "clamp_step/1", -2, 2, {Attribute::of(-0.9), Attribute::of(1.05)});
  for (const double exponent : {-1.5, -1.0, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0}) {
    add_unary(cases, "power/1", 0.5, 2, {Attribute::of(exponent)});
  }
  cases.push_back({"select/1", {{{3, 4}, 0.5, 1}, {{3, 4}}, {{3, 4}}}});
  cases.push_back({"select/1", {{{4}}, {{3, 1}}, {{}}}});
  cases.push_back({"broadcast_to/1", {{{}}}, {Attribute::of(std::vector<int64_t>{2, 3})}});
  cases.push_back({"broadcast_to/1", {{{3, 1}}}, {Attribute::of(std::vector<int64_t>{2, 3, 4})}});
  cases.push_back({"broadcast_to/1", {{{2, 3}}}, {Attribute::of(std::vector<int64_t>{2, 3})}});
  return cases;
}

}  // namespace atelier::gradient_test
