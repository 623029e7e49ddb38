#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using tensor::Shape;

struct Sizes {
  int64_t batch, steps, features, units;
};

// With and without an initial state of `states` tensors; weights of `gates` gates a unit.
void add_layer(std::vector<Case>& cases, const char* name, const Sizes& sizes, int64_t gates, int biases, int states) {
  const int64_t width = gates * sizes.units;
  Case layer{name,
             {{{sizes.batch, sizes.steps, sizes.features}},
              {{width, sizes.features}, -0.8, 0.8},
              {{width, sizes.units}, -0.8, 0.8}}};
  layer.differentiable_twice = gates == 1;
  for (int i = 0; i < biases; ++i) {
    layer.inputs.push_back({{width}, -0.5, 0.5});
  }
  cases.push_back(layer);
  for (int i = 0; i < states; ++i) {
    layer.inputs.push_back({{sizes.batch, sizes.units}, -1, 1});
  }
  cases.push_back(layer);
}

// U, y, then where given the initial h and the gradients of y and of the last h.
void add_tanh_gradient(std::vector<Case>& cases, int64_t initial, int64_t dy, int64_t dh) {
  const Shape all{2, 3, 4};
  const Shape state{2, 4};
  Case gradient{"rnn_tanh_gradient/1", {{{4, 4}}, {all, -0.9, 0.9}}};
  for (const int64_t flag : {initial, dy, dh, int64_t{0}}) {
    gradient.attributes.push_back(Attribute::of(flag));
  }
  for (const auto& [is_given, shape] : {std::pair(initial, state), {dy, all}, {dh, state}}) {
    if (is_given != 0) {
      gradient.inputs.push_back({shape});
    }
  }
  cases.push_back(std::move(gradient));
}

}  // namespace

std::vector<Case> recurrent_cases() {
  std::vector<Case> cases;
  for (const Sizes& sizes : {Sizes{1, 1, 3, 2}, Sizes{7, 1, 2, 3}, Sizes{1, 3, 4, 5}, Sizes{7, 3, 5, 3}}) {
    add_layer(cases, "rnn_tanh/1", sizes, 1, 1, 1);
    add_layer(cases, "lstm/1", sizes, 4, 1, 2);
    add_layer(cases, "gru/1", sizes, 3, 2, 1);
  }
  for (const int64_t initial : {0, 1}) {
    add_tanh_gradient(cases, initial, 1, 1);
    add_tanh_gradient(cases, initial, 1, 0);
    add_tanh_gradient(cases, initial, 0, 1);
  }
  return cases;
}

}  // namespace atelier::gradient_test
