// Runs one operation in a session, with its gradients and the gradients of its gradients, and compares those with
// central differences.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "execute/session.hpp"

namespace atelier::gradient_test {

// Real numbers that lie on a shuffled grid in [low, high), no two alike; or indices below `bound`.
struct Input {
  tensor::Shape shape;
  double low = -2;
  double high = 2;
  int64_t bound = 0;
  double diagonal = 0;  // more on the diagonals of the last two axes, as of matrices that are far from singular
};

inline Input indices(tensor::Shape shape, int64_t bound) {
  return {shape, 0, 0, bound};
}

struct Case {
  std::string operation;
  std::vector<Input> inputs;
  record::Attributes attributes = {};
  bool differentiable_twice = true;  // else the gradient of the gradient is left out
};

std::string to_string(const Case& checked);  // operation and shapes

using Numbers = std::vector<double>;

// All by output or by real input. The loss is the sum of the outputs' elements with fixed weights, the second loss that
// of the gradients' elements.
struct Outcome {
  std::vector<Numbers> outputs;
  std::vector<Numbers> gradients;
  std::vector<Numbers> second_gradients;
  double loss = 0;
  double second_loss = 0;
};

class CaseRunner {
 public:
  CaseRunner(const Case& checked, tensor::DType real, int threads = 1, const record::Observation& observation = {});

  // Element `element` of input `input` is moved by `change`.
  Outcome run(size_t input = 0, size_t element = 0, double change = 0);

  // From here on, the rows (along axis 0) of these inputs and of the outputs' weights come that many places later, the
  // last ones first.
  void rotate_rows(const std::vector<size_t>& inputs, int64_t by);

  [[nodiscard]] std::vector<size_t> real_inputs() const;
  [[nodiscard]] int64_t plans_made() const { return session_.plans_made(); }

 private:
  struct Recorded {
    std::vector<uint32_t> outputs, gradients, second_gradients;
    uint32_t loss = 0, second_loss = 0;
  };
  Recorded record();
  uint32_t input(const record::TensorType& type, Numbers values);
  uint32_t apply(const std::string& name, const std::vector<uint32_t>& inputs,
                 const record::Attributes& attributes = {});
  uint32_t weighted_sum(const std::vector<uint32_t>& values, double phase, int64_t rotation = 0);

  Case case_;
  tensor::DType real_;
  record::Observation observation_;
  std::vector<Numbers> data_;
  int64_t rotation_ = 0;  // of the outputs' weights
  record::Bank bank_;
  execute::Executor executor_;
  execute::Arena arena_;
  execute::Session session_;
};

// What disagrees, by operation, input, index, expected and actual; empty where all is well. A case without a real
// number among its inputs compares nothing, and says so as a problem.
std::vector<std::string> compare_with_central_differences(const Case& checked);

}  // namespace atelier::gradient_test
