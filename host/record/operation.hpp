// An operation, declared in one place (a file of host/ops): its check and shape rule, its kernel or what it is made of,
// and its gradient.
//
// How a step that a model records becomes something that can be planned:
//
//   calls                 apply, use, gradient, minimize, log, ... of operations (OperationRegistry)
//     |  Recorder           checks each, and compares it with the tapes before
//     v
//   Tape                  equal calls, equal tape: all that follows is done once for each
//     |  lower              parameters get versions; gradients and updates become operations
//     |    Graph::apply       equal operations are one; composed ones become their parts
//     |    gradients          reverse mode, differentiable again
//     |    layout             images stay channels-last from kernel to kernel
//     v
//   Lowered               with its Graph and what is to be shown of it, to plan/plan.hpp
//
// To read next: tape.hpp, recorder.hpp, graph.hpp, gradients.hpp, layout.hpp, bank.hpp (what parameters are),
// lowering.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "kernels/bfloat16.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/kernel.hpp"
#include "tensor/shape.hpp"

namespace atelier::record {

using kernels::Operand;
using kernels::OperandReference;
using tensor::DType;
using tensor::Shape;

class Graph;

struct TensorType {
  Shape shape;
  DType dtype = DType::f32;

  friend bool operator==(const TensorType&, const TensorType&) = default;
};

std::string to_string(const TensorType& type);  // "float32 (64, 784)"

// A tensor of a graph under construction. Copyable; belongs to its graph. An absent value (a gradient that is not
// needed, an optional input) has no graph.
struct Value {
  Graph* graph = nullptr;
  int32_t id = -1;

  explicit operator bool() const { return graph != nullptr; }
  [[nodiscard]] const TensorType& type() const;
  [[nodiscard]] const Shape& shape() const { return type().shape; }
  friend bool operator==(const Value&, const Value&) = default;
};

enum class AttributeType : uint8_t { integer, number, integers };

// A number is structural (a new value makes a new plan) or a runtime operand; lists are always structural.
struct AttributeSpec {
  std::string name = {};
  AttributeType type = AttributeType::integer;
  bool runtime = false;
  std::optional<double> default_number = {};  // of an integer or a number
  std::optional<std::vector<int64_t>> default_integers = {};
};

struct Attribute {
  AttributeType type = AttributeType::integer;
  OperandReference scalar;  // a constant where structural
  std::vector<int64_t> integers;

  static Attribute of(int64_t value);
  static Attribute of(double value);
  static Attribute of(std::vector<int64_t> values);
  friend bool operator==(const Attribute& a, const Attribute& b);
};

using Attributes = std::vector<Attribute>;

// What an operation's shape rule sees. Its errors say what was expected and what was found, in the author's words.
class Inference {
 public:
  Inference(std::span<const TensorType> inputs, std::span<const Attribute> attributes, DType real)
      : inputs_(inputs), attributes_(attributes), real_(real) {}

  [[nodiscard]] size_t count() const { return inputs_.size(); }
  [[nodiscard]] const TensorType& input(size_t i) const { return inputs_[i]; }
  [[nodiscard]] const Shape& shape(size_t i) const { return inputs_[i].shape; }
  [[nodiscard]] int64_t integer(size_t i) const { return attributes_[i].scalar.constant.integer; }
  [[nodiscard]] double number(size_t i) const { return attributes_[i].scalar.constant.real; }
  [[nodiscard]] const std::vector<int64_t>& integers(size_t i) const { return attributes_[i].integers; }
  [[nodiscard]] DType real() const { return real_; }  // the run's own: float32, in gradient checks float64

  template <typename... Arguments>
  void require(bool condition, fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    if (!condition) {
      throw Error(ErrorKind::shape, fmt::format(format, std::forward<Arguments>(arguments)...));
    }
  }
  // The rest of what most rules ask of an input.
  void require_real(size_t i) const;
  void require_number(size_t i) const;  // real or int64
  void require_indices(size_t i) const;
  void require_rank(size_t i, size_t rank, std::string_view axes) const;
  [[nodiscard]] size_t axis(int64_t axis, size_t rank) const;  // negative counts from the end

 private:
  std::span<const TensorType> inputs_;
  std::span<const Attribute> attributes_;
  DType real_;
};

// What an operation's gradient sees: its own inputs and outputs, and the gradient that arrives for each output.
struct GradientRequest {
  Graph& graph;
  std::span<const Value> inputs;
  std::span<const Value> outputs;
  std::span<const Value> output_gradients;  // absent where nothing arrives
  const Attributes& attributes;
  std::span<const char> needed;  // for each input, whether its gradient is wanted
};

struct KernelRequest {
  std::span<const kernels::Buffer> inputs;
  std::span<const kernels::Buffer> outputs;
  const Attributes& attributes;

  [[nodiscard]] int64_t integer(size_t i) const { return attributes[i].scalar.constant.integer; }
  [[nodiscard]] const std::vector<int64_t>& integers(size_t i) const { return attributes[i].integers; }
  [[nodiscard]] DType dtype() const { return outputs[0].dtype; }
};

// What happens to a gradient that arrives at the operation.
enum class Differentiability : uint8_t {
  gradient,     // `gradient` makes it, of operations that have gradients again
  once,         // `gradient` makes it, and it has none of its own
  constant,     // the result does not change with the inputs (comparisons, argmax, detach): nothing flows back
  unsupported,  // there is one, but not here: an error that says so
};

// Images are (B, C, H, W) to whoever records, and (B, H, W, C) to the kernels.
enum class LayoutChange : uint8_t { none, channels_last, channels_first };

// The operations that the engine itself gives a meaning to, recorded on the same tape.
enum class Special : uint8_t {
  none,
  input,
  parameter,
  gradient,
  minimize,
  group_gradients,  // the half of minimize before the update, for an optimizer that records its own
  gradients_at,     // the same at other values of the parameters
  replace,          // the other half: new values, by way of `update`
  assign,
  log,
  annotate,
  finite,
  update
};

struct Operation {
  std::string name;  // versioned: "conv2d/1"
  // Of a public operation: its shapes and what it computes, a line of the catalogue of operations. Plugins may ask for
  // these by name, and their meaning stays. An operation without is internal: the engine's own, or a part of another,
  // which has checked what it hands on.
  //   "x (..., C), indices int64 (...), [scale (C)] -> y (...), mean (C): what it is"
  // In [] is what may be left out; "parts..." stands for any number; what no type is said of is real, and "any" is
  // every type; (...) stands for any axes, the same ones wherever it stands.
  std::string summary = {};
  size_t min_inputs = 1;
  size_t max_inputs = 1;
  size_t outputs = 1;
  std::vector<AttributeSpec> attributes = {};
  std::function<std::vector<TensorType>(const Inference&)> infer = {};
  // What runtime operands must be; asked in every recording, as they may change with each. Of the attributes' lists it
  // sees nothing. Allocates nothing but an error's words.
  std::function<void(const Inference&)> check_operands = {};
  Differentiability differentiability = Differentiability::gradient;
  // One gradient for each input; absent ones count as zero.
  std::function<std::vector<Value>(const GradientRequest&)> gradient = {};

  // Exactly one of these says how it runs.
  const kernels::ElementwiseFunction* elementwise = nullptr;  // may be fused with its neighbours
  std::function<std::unique_ptr<kernels::Kernel>(const KernelRequest&)> kernel = {};
  std::function<std::vector<Value>(Graph&, std::span<const Value>, const Attributes&)> composed = {};  // of others
  bool view = false;  // the output is input 0's buffer under another shape
  // Of an elementwise one that takes int64 too: the operation that runs in its place where the last input is int64.
  std::string on_integers = {};

  // Of one that may have nothing to do: which of its inputs its output shows then, as a view; absent where it has.
  std::function<std::optional<size_t>(std::span<const TensorType> inputs, const Attributes&)> unchanged = {};

  LayoutChange layout = LayoutChange::none;
  // For an operation that only moves elements: the same one on channels-last images. Elementwise ones need none.
  std::function<Value(std::span<const Value>, const Attributes&)> on_channels_last = {};

  // Floating-point operations, where they are what the operation costs: matrix products and convolutions.
  std::function<double(const KernelRequest&)> flops = {};

  bool draws = false;  // random: its last attribute, the ordinal of the draw, is the host's to give
  Special special = Special::none;

  [[nodiscard]] bool is_public() const { return !summary.empty(); }
};

// All operations by name. Filled once at start (ops::register_operations), read from any thread after.
class OperationRegistry {
 public:
  static OperationRegistry& instance();
  void add(Operation operation);
  [[nodiscard]] const Operation* find(std::string_view name) const;  // null where unknown
  [[nodiscard]] const Operation& get(std::string_view name) const;   // Error(internal) where unknown
  [[nodiscard]] uint32_t handle(const Operation& operation) const;   // a small number for the ABI
  [[nodiscard]] const Operation* by_handle(uint32_t handle) const;   // null where it is none
  [[nodiscard]] std::vector<std::string> names() const;              // all but the engine's own
  [[nodiscard]] std::vector<std::string> public_names() const;

 private:
  std::vector<std::unique_ptr<Operation>> operations_;
};

}  // namespace atelier::record
