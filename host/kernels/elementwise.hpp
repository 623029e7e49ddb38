// Functions of single elements, and chains of them fused into one kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// One function, for blocks of at most elementwise_block elements. `out` may be equal to one of the inputs, but not
// overlap it otherwise. An element's bits depend on its inputs and operands alone: not on its place, n, or the
// instruction set.
//
// Two inputs: add sub mul div maximum minimum atan2(y, x) pow(base, exponent), and less less_equal greater
//   greater_equal equal not_equal (1 or 0).
// Three: select (mask, a, b: mask != 0 ? a : b).
// Five: normalize (x, mean, rate, scale, shift: (x - mean) (rate scale) + shift). Six: combine_centered (g, x, mean, a,
// b, c: a g + b (x - mean) + c). One: identity neg abs sign square sqrt rsqrt reciprocal exp log log1p expm1 tanh
// sigmoid softplus relu erf sin cos tan asin acos atan sinh cosh lgamma (of |gamma|) digamma trigamma floor ceil
// round (half to even),
//   step (x > 0 ? 1 : 0), is_finite (1 or 0).
// One, and operands: leaky_relu(slope) leaky_step(slope) elu(alpha) elu_step(alpha) clamp(low, high)
//   clamp_step(low, high: 1 inside the closed range, else 0) power(exponent).
// None, and one operand: splat. A nan among the inputs of arithmetic, maximum and minimum gives nan.
struct ElementwiseFunction {
  std::string_view name;
  int inputs = 0;
  int operands = 0;
  void (*f32)(const float* const* inputs, const double* operands, float* out, int64_t n) = nullptr;
  void (*f64)(const double* const* inputs, const double* operands, double* out, int64_t n) = nullptr;
};

constexpr int64_t elementwise_block = 512;
constexpr int elementwise_max_inputs = 6;
constexpr int elementwise_max_operands = 2;

// Throws Error(internal) for a name that does not exist. The reference is valid for ever.
const ElementwiseFunction& elementwise_function(std::string_view name);

struct ElementwiseInput {
  std::vector<int64_t> strides;  // in elements, one for each axis of the program's shape; 0 where broadcast
};

struct ElementwiseInstruction {
  const ElementwiseFunction* function = nullptr;
  std::vector<int> arguments;  // k < inputs.size(): input k; else the result of instruction k - inputs.size()
  std::vector<OperandReference> operands;
};

struct ElementwiseProgram {
  tensor::Shape shape;
  tensor::DType dtype = tensor::DType::f32;
  std::vector<ElementwiseInput> inputs;
  std::vector<ElementwiseInstruction> instructions;
  std::vector<int> outputs;  // instructions whose results are stored, contiguous and row-major in `shape`
};

// A program's kernel, which may also run on a part of its elements, from the beginning of a row on.
class ElementwiseKernel : public Kernel {
 public:
  [[nodiscard]] virtual int64_t row() const = 0;  // elements; 1 where parts may begin anywhere
  virtual void run_range(const ElementRange& range, const Arguments& arguments) const = 0;
};

// The kernel of a program: the inputs and outputs are the program's, in order. Intermediates stay in the first cache.
// Its bits are those of its instructions run one after the other. Throws Error(internal) for a program that is not well
// formed. may_overwrite(i): input i lies as output 0 does, and nothing reads it after output 0 is written.
std::unique_ptr<ElementwiseKernel> make_elementwise(ElementwiseProgram program);

}  // namespace atelier::kernels
