// One operation in a session of its own, with the gradients of a weighted sum of its outputs.
#pragma once

#include <string>
#include <vector>

#include "execute/session.hpp"
#include "plugin/registry.hpp"

namespace atelier::check {

using Numbers = std::vector<double>;

struct OperationInput {
  bool integers = false;
  bool shared = false;  // whole for every sample
  tensor::Shape shape;  // with the samples in front where it is not shared
  double low = 0, high = 0;
};

struct OperationOutcome {
  std::vector<Numbers> outputs;
  std::vector<Numbers> gradients;  // of the real inputs, in their order
  double loss = 0;
};

class OperationTrial {
 public:
  OperationTrial(const record::Operation& operation, std::vector<OperationInput> inputs, tensor::DType real,
                 int threads, bool with_gradients);

  // Element `element` of input `input` is moved by `change`.
  OperationOutcome run(size_t input = 0, size_t element = 0, double change = 0);

 private:
  uint32_t constant(const record::TensorType& type, const Numbers& values);
  uint32_t apply(const char* name, std::initializer_list<uint32_t> inputs);
  uint32_t loss_of(const std::vector<uint32_t>& outputs);

  const record::Operation& operation_;
  std::vector<OperationInput> inputs_;
  tensor::DType real_;
  bool with_gradients_;
  std::vector<Numbers> values_;
  record::Bank bank_;
  execute::Executor executor_;
  execute::Arena arena_;
  execute::Session session_;
};

// Inputs of a component's operation, of the first shapes that it takes; their ranges of values are not chosen yet.
// Throws Error.
std::vector<OperationInput> find_inputs(const plugin::Component& component, int64_t samples);

}  // namespace atelier::check
