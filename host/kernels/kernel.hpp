// What a plan runs: a kernel is created once, when the plan is made, for fixed shapes, dtypes and layouts, and run
// every step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "tensor/shape.hpp"

namespace atelier::kernels {

struct Buffer {
  tensor::Shape shape;  // row-major
  tensor::DType dtype = tensor::DType::f32;

  friend bool operator==(const Buffer&, const Buffer&) = default;
};

// A number that may change from step to step without a new plan.
union Operand {
  double real;
  int64_t integer;
};

// Where a kernel finds such a number: a slot of the step's operands, or (slot < 0) a constant.
struct OperandReference {
  int32_t slot = -1;
  Operand constant{.real = 0};

  [[nodiscard]] const Operand& in(const Operand* operands) const { return slot < 0 ? constant : operands[slot]; }
};

struct Arguments {
  const void* const* inputs;  // one for each input
  void* const* outputs;       // one for each output; never aliases an input unless the kernel says that it may
  const Operand* operands;    // the step's runtime operands
  std::byte* workspace;       // workspace_bytes() of the kernel, shared by all its phases and pieces, 64-byte aligned
  std::byte* scratch;         // scratch_bytes(), private to the piece that runs, 64-byte aligned, content undefined
};

// A run of elements.
struct ElementRange {
  int64_t first = 0;
  int64_t count = 0;
};

// Runs in phases, one after the other; the pieces of one phase run at the same time, in any order, on any thread. The
// pieces are cut by the shapes alone, never by the number of threads, so that the bits do not depend on it. `run` is
// const, allocates nothing, throws nothing, and never waits.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  [[nodiscard]] virtual int64_t phases() const { return 1; }
  [[nodiscard]] virtual int64_t pieces(int64_t phase) const = 0;
  [[nodiscard]] virtual size_t workspace_bytes() const { return 0; }
  [[nodiscard]] virtual size_t scratch_bytes() const { return 0; }
  // Whether output 0 may be stored over that input (same size, read before written element by element).
  [[nodiscard]] virtual bool may_overwrite(size_t input) const {
    (void)input;
    return false;
  }
  // What a piece of the last phase finishes of output 0, where that lies together; the pieces finish all of it, each
  // its own part. Absent where it is scattered.
  [[nodiscard]] virtual std::optional<ElementRange> finished(int64_t piece) const {
    (void)piece;
    return std::nullopt;
  }
  virtual void run(int64_t phase, int64_t piece, const Arguments& arguments) const = 0;
};

}  // namespace atelier::kernels
