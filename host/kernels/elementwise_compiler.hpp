// How an elementwise program runs: what becomes of each input, and the steps of a block of elements, with intermediates
// in registers of one block each that are given out again once their last reader has run.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "kernels/elementwise.hpp"

namespace atelier::kernels::elementwise_parts {

enum class Access : uint8_t {
  in_place,   // contiguous: read where it lies
  repeating,  // the same in every block (one element, or a row for each channel): spread over a register once a piece
  gathered,   // copied into a register for each block
};

// Where a value of the current block lies.
struct Place {
  enum class Kind : uint8_t { input, scratch, output } kind = Kind::scratch;
  int index = 0;
};

// A gathered input to load (function == nullptr), or an instruction to run.
struct Step {
  const ElementwiseFunction* function = nullptr;
  int input = 0;
  std::array<Place, elementwise_max_inputs> arguments{};
  std::array<OperandReference, elementwise_max_operands> operands{};
  Place result{};
};

// Removes axes of length one, and joins neighbours that every input walks as one axis.
void collapse(std::vector<int64_t>& dims, std::vector<ElementwiseInput>& inputs);

// How many elements a step runs on: whole rows, where some input is one row over and over and fits.
int64_t block_of(const std::vector<ElementwiseInput>& inputs, const std::vector<int64_t>& dims);

Access access_of(const ElementwiseInput& input, const std::vector<int64_t>& dims, int64_t block);

// Throws Error(internal) for a program that is not well formed.
void check_program(const ElementwiseProgram& program);

// Turns a program into steps, giving out registers by liveness.
class Compiler {
 public:
  Compiler(const ElementwiseProgram& program, const std::vector<Access>& access);

  std::vector<Step> steps;
  int registers = 0;

  [[nodiscard]] Place place(size_t value) const { return *places_[value]; }
  [[nodiscard]] int last_use(size_t value) const { return last_use_[value]; }

 private:
  int take_register();
  void add(int index);
  void release_after(int index);

  const ElementwiseProgram& program_;
  const std::vector<Access>& access_;
  std::vector<std::optional<Place>> places_;
  std::vector<int> last_use_;
  std::vector<int> free_;
};

}  // namespace atelier::kernels::elementwise_parts
