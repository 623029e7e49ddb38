#include "kernels/elementwise_compiler.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace atelier::kernels::elementwise_parts {
namespace {

// Whether an input is one row along the last axis, or one element, all over again.
bool repeats(const ElementwiseInput& input) {
  return input.strides.size() > 1 &&
         std::all_of(input.strides.begin(), input.strides.end() - 1, [](int64_t stride) { return stride == 0; });
}

}  // namespace

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

int64_t block_of(const std::vector<ElementwiseInput>& inputs, const std::vector<int64_t>& dims) {
  const bool any = std::any_of(inputs.begin(), inputs.end(), [](const ElementwiseInput& input) {
    return repeats(input) && input.strides.back() == 1;
  });
  return any && dims.back() > 0 && dims.back() <= elementwise_block ? elementwise_block / dims.back() * dims.back()
                                                                    : elementwise_block;
}

Access access_of(const ElementwiseInput& input, const std::vector<int64_t>& dims, int64_t block) {
  if (std::all_of(input.strides.begin(), input.strides.end(), [](int64_t stride) { return stride == 0; })) {
    return dims.empty() ? Access::in_place : Access::repeating;
  }
  if (repeats(input) && input.strides.back() == 1 && dims.back() > 0 && block % dims.back() == 0) {
    return Access::repeating;
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

Compiler::Compiler(const ElementwiseProgram& program, const std::vector<Access>& access)
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
    } else if (access[input] == Access::repeating) {
      places_[input] = Place{Place::Kind::scratch, take_register()};
    }
  }
  for (size_t i = 0; i < program.instructions.size(); ++i) {
    add(static_cast<int>(i));
  }
}

int Compiler::take_register() {
  if (free_.empty()) {
    return registers++;
  }
  const int taken = free_.back();
  free_.pop_back();
  return taken;
}

void Compiler::add(int index) {
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

// What repeats keeps its register for the whole piece.
void Compiler::release_after(int index) {
  for (size_t value = 0; value < places_.size(); ++value) {
    const bool is_repeating = value < access_.size() && access_[value] == Access::repeating;
    if (last_use_[value] == index && !is_repeating && places_[value]->kind == Place::Kind::scratch) {
      free_.push_back(places_[value]->index);
    }
  }
}

}  // namespace atelier::kernels::elementwise_parts
