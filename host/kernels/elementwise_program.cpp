// The interpreter of elementwise programs: block after block of elements, each instruction on the whole block, with
// intermediates in registers of one block each that are given out again once their last reader has run.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "kernels/elementwise.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t piece_elements = 16384;

enum class Access : uint8_t {
  in_place,  // contiguous: read where it lies
  constant,  // one element: spread over a register once for each piece
  gathered,  // copied into a register for each block
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
void collapse(std::vector<int64_t>& dims, std::vector<ElementwiseInput>& inputs) {
  const auto erase_axis = [&](size_t axis) {
    dims.erase(dims.begin() + static_cast<ptrdiff_t>(axis));
    for (ElementwiseInput& input : inputs) {
      input.strides.erase(input.strides.begin() + static_cast<ptrdiff_t>(axis));
    }
  };
  for (size_t axis = dims.size(); axis-- > 0;) {
    if (dims[axis] == 1) {
      erase_axis(axis);
    }
  }
  for (size_t axis = dims.empty() ? 0 : dims.size() - 1; axis-- > 0;) {
    const bool joins = std::all_of(inputs.begin(), inputs.end(), [&](const ElementwiseInput& input) {
      return input.strides[axis] == input.strides[axis + 1] * dims[axis + 1];
    });
    if (joins) {
      dims[axis + 1] *= dims[axis];
      erase_axis(axis);
    }
  }
}

Access access_of(const ElementwiseInput& input, const std::vector<int64_t>& dims) {
  if (std::all_of(input.strides.begin(), input.strides.end(), [](int64_t stride) { return stride == 0; })) {
    return dims.empty() ? Access::in_place : Access::constant;
  }
  int64_t contiguous = 1;
  for (size_t axis = dims.size(); axis-- > 0;) {
    if (input.strides[axis] != contiguous) {
      return Access::gathered;
    }
    contiguous *= dims[axis];
  }
  return Access::in_place;
}

void check_program(const ElementwiseProgram& program) {
  ATELIER_CHECK(program.dtype != tensor::DType::i64);
  ATELIER_CHECK(!program.outputs.empty());
  for (const ElementwiseInput& input : program.inputs) {
    ATELIER_CHECK(input.strides.size() == program.shape.rank());
  }
  const int inputs = static_cast<int>(program.inputs.size());
  for (int i = 0; i < static_cast<int>(program.instructions.size()); ++i) {
    const ElementwiseInstruction& instruction = program.instructions[static_cast<size_t>(i)];
    ATELIER_CHECK(instruction.function != nullptr);
    ATELIER_CHECK(static_cast<int>(instruction.arguments.size()) == instruction.function->inputs);
    ATELIER_CHECK(static_cast<int>(instruction.operands.size()) == instruction.function->operands);
    for (const int argument : instruction.arguments) {
      ATELIER_CHECK(argument >= 0 && argument < inputs + i);
    }
  }
  for (const int output : program.outputs) {
    ATELIER_CHECK(output >= 0 && output < static_cast<int>(program.instructions.size()));
  }
}

// Turns a program into steps, giving out registers by liveness.
class Compiler {
 public:
  Compiler(const ElementwiseProgram& program, const std::vector<Access>& access)
      : program_(program), access_(access), places_(program.inputs.size() + program.instructions.size()) {
    last_use_.assign(places_.size(), -1);
    for (size_t i = 0; i < program.instructions.size(); ++i) {
      for (const int argument : program.instructions[i].arguments) {
        last_use_[static_cast<size_t>(argument)] = static_cast<int>(i);
      }
    }
    for (size_t input = 0; input < access.size(); ++input) {
      if (access[input] == Access::in_place) {
        places_[input] = Place{Place::Kind::input, static_cast<int>(input)};
      } else if (access[input] == Access::constant) {
        places_[input] = Place{Place::Kind::scratch, take_register()};
      }
    }
    for (size_t i = 0; i < program.instructions.size(); ++i) {
      add(static_cast<int>(i));
    }
  }

  std::vector<Step> steps;
  int registers = 0;

  [[nodiscard]] Place place(size_t value) const { return *places_[value]; }
  [[nodiscard]] int last_use(size_t value) const { return last_use_[value]; }

 private:
  int take_register() {
    if (free_.empty()) {
      return registers++;
    }
    const int taken = free_.back();
    free_.pop_back();
    return taken;
  }

  void add(int index) {
    const ElementwiseInstruction& instruction = program_.instructions[static_cast<size_t>(index)];
    Step step{.function = instruction.function};
    std::copy(instruction.operands.begin(), instruction.operands.end(), step.operands.begin());
    for (size_t k = 0; k < instruction.arguments.size(); ++k) {
      const auto value = static_cast<size_t>(instruction.arguments[k]);
      if (!places_[value]) {  // a gathered input, met for the first time
        places_[value] = Place{Place::Kind::scratch, take_register()};
        steps.push_back(Step{.input = static_cast<int>(value), .result = *places_[value]});
      }
      step.arguments[k] = *places_[value];
    }
    release_after(index);
    const auto output = std::find(program_.outputs.begin(), program_.outputs.end(), index);
    if (output != program_.outputs.end()) {
      step.result = Place{Place::Kind::output, static_cast<int>(output - program_.outputs.begin())};
    } else {
      step.result = Place{Place::Kind::scratch, take_register()};
    }
    const size_t result = program_.inputs.size() + static_cast<size_t>(index);
    places_[result] = step.result;
    if (last_use_[result] < 0 && step.result.kind == Place::Kind::scratch) {
      free_.push_back(step.result.index);
    }
    steps.push_back(step);
  }

  // Constants keep their register for the whole piece.
  void release_after(int index) {
    for (size_t value = 0; value < places_.size(); ++value) {
      const bool is_constant = value < access_.size() && access_[value] == Access::constant;
      if (last_use_[value] == index && !is_constant && places_[value]->kind == Place::Kind::scratch) {
        free_.push_back(places_[value]->index);
      }
    }
  }

  const ElementwiseProgram& program_;
  const std::vector<Access>& access_;
  std::vector<std::optional<Place>> places_;
  std::vector<int> last_use_;
  std::vector<int> free_;
};

template <typename T>
void fill(T* out, T value, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = value;
  }
}

// Copies elements [first, first + n) of a strided input, run by run of the last axis.
template <typename T>
void gather(const T* data, const std::vector<int64_t>& dims, const std::vector<int64_t>& strides, int64_t first,
            int64_t n, T* out) {
  const size_t last = dims.size() - 1;
  std::array<int64_t, tensor::Shape::max_rank> index{};
  int64_t rest = first;
  for (size_t axis = last + 1; axis-- > 0;) {
    index[axis] = rest % dims[axis];
    rest /= dims[axis];
  }
  int64_t row = 0;  // the offset of the current run, without the last axis
  for (size_t axis = 0; axis < last; ++axis) {
    row += index[axis] * strides[axis];
  }
  const int64_t stride = strides[last];
  while (n > 0) {
    const int64_t run = std::min(n, dims[last] - index[last]);
    const T* source = data + row + index[last] * stride;
    if (stride == 0) {
      fill(out, *source, run);
    } else if (stride == 1) {
      std::memcpy(out, source, static_cast<size_t>(run) * sizeof(T));
    } else {
      for (int64_t i = 0; i < run; ++i) {
        out[i] = source[i * stride];
      }
    }
    out += run;
    n -= run;
    index[last] = 0;
    for (size_t axis = last; axis-- > 0;) {
      row += strides[axis];
      if (++index[axis] < dims[axis]) {
        break;
      }
      row -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
}

class ElementwiseKernel : public Kernel {
 public:
  explicit ElementwiseKernel(ElementwiseProgram program)
      : dtype_(program.dtype), elements_(program.shape.elements()), outputs_(program.outputs) {
    check_program(program);
    dims_.assign(program.shape.dims().begin(), program.shape.dims().end());
    if (elements_ > 0) {
      collapse(dims_, program.inputs);
    }
    for (ElementwiseInput& input : program.inputs) {
      access_.push_back(access_of(input, dims_));
      strides_.push_back(input.strides);
    }
    const Compiler compiled(program, access_);
    steps_ = compiled.steps;
    registers_ = compiled.registers;
    for (size_t input = 0; input < access_.size(); ++input) {
      overwrites_.push_back(access_[input] == Access::in_place && compiled.last_use(input) <= outputs_[0]);
      if (access_[input] == Access::constant) {
        constants_.push_back({static_cast<int>(input), compiled.place(input).index});
      }
    }
    // An instruction that is listed as several outputs is computed into the first of them.
    for (size_t output = 0; output < outputs_.size(); ++output) {
      const auto first = std::find(outputs_.begin(), outputs_.end(), outputs_[output]) - outputs_.begin();
      if (static_cast<size_t>(first) != output) {
        duplicates_.push_back({static_cast<int>(first), static_cast<int>(output)});
      }
    }
  }

  [[nodiscard]] int64_t pieces(int64_t) const override {
    return std::max<int64_t>(1, (elements_ + piece_elements - 1) / piece_elements);
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(registers_) * elementwise_block * tensor::size_of(dtype_);
  }
  [[nodiscard]] bool may_overwrite(size_t input) const override {
    return input < overwrites_.size() && overwrites_[input];
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    dtype_ == tensor::DType::f32 ? run_as<float>(piece, arguments) : run_as<double>(piece, arguments);
  }

 private:
  template <typename T>
  static T* register_of(const Arguments& arguments, int index) {
    return reinterpret_cast<T*>(arguments.scratch) + index * elementwise_block;
  }

  template <typename T>
  static T* address(const Place& place, const Arguments& arguments, int64_t first) {
    const auto index = static_cast<size_t>(place.index);
    switch (place.kind) {
      case Place::Kind::input:  // read only: steps never have it as their result
        return const_cast<T*>(static_cast<const T*>(arguments.inputs[index])) + first;
      case Place::Kind::output:
        return static_cast<T*>(arguments.outputs[index]) + first;
      case Place::Kind::scratch:
        break;
    }
    return register_of<T>(arguments, place.index);
  }

  template <typename T>
  void run_as(int64_t piece, const Arguments& arguments) const {
    const int64_t begin = piece * piece_elements;
    const int64_t end = std::min(elements_, begin + piece_elements);
    if (begin >= end) {
      return;
    }
    for (const auto& [input, index] : constants_) {
      const T value = *static_cast<const T*>(arguments.inputs[input]);
      fill(register_of<T>(arguments, index), value, std::min(elementwise_block, end - begin));
    }
    for (int64_t first = begin; first < end; first += elementwise_block) {
      run_block<T>(first, std::min(elementwise_block, end - first), arguments);
    }
  }

  template <typename T>
  void run_block(int64_t first, int64_t n, const Arguments& arguments) const {
    for (const Step& step : steps_) {
      T* result = address<T>(step.result, arguments, first);
      if (step.function == nullptr) {
        const auto input = static_cast<size_t>(step.input);
        gather(static_cast<const T*>(arguments.inputs[input]), dims_, strides_[input], first, n, result);
        continue;
      }
      const T* inputs[elementwise_max_inputs] = {};
      for (int k = 0; k < step.function->inputs; ++k) {
        inputs[k] = address<T>(step.arguments[static_cast<size_t>(k)], arguments, first);
      }
      double operands[elementwise_max_operands] = {};
      for (int k = 0; k < step.function->operands; ++k) {
        operands[k] = step.operands[static_cast<size_t>(k)].in(arguments.operands).real;
      }
      if constexpr (sizeof(T) == sizeof(float)) {
        step.function->f32(inputs, operands, result, n);
      } else {
        step.function->f64(inputs, operands, result, n);
      }
    }
    for (const auto& [from, to] : duplicates_) {
      std::memcpy(static_cast<T*>(arguments.outputs[to]) + first,
                  static_cast<const T*>(arguments.outputs[from]) + first, static_cast<size_t>(n) * sizeof(T));
    }
  }

  tensor::DType dtype_;
  int64_t elements_;
  std::vector<int> outputs_;
  std::vector<int64_t> dims_;  // collapsed; empty for a single element
  std::vector<Access> access_;
  std::vector<std::vector<int64_t>> strides_;
  std::vector<bool> overwrites_;
  std::vector<std::pair<int, int>> constants_;   // input, register
  std::vector<std::pair<int, int>> duplicates_;  // output computed, output copied to
  std::vector<Step> steps_;
  int registers_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_elementwise(ElementwiseProgram program) {
  return std::make_unique<ElementwiseKernel>(std::move(program));
}

}  // namespace atelier::kernels
