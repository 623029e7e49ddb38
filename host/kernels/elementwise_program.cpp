// The interpreter of elementwise programs: block after block of elements, each step on the whole block.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "kernels/elementwise_compiler.hpp"

namespace atelier::kernels {
namespace {

using namespace elementwise_parts;

constexpr int64_t piece_elements = 16384;  // at most

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

class Interpreter : public ElementwiseKernel {
 public:
  explicit Interpreter(ElementwiseProgram program)
      : dtype_(program.dtype), elements_(program.shape.elements()), outputs_(program.outputs) {
    check_program(program);
    dims_.assign(program.shape.dims().begin(), program.shape.dims().end());
    if (elements_ > 0) {
      collapse(dims_, program.inputs);
    }
    block_ = block_of(program.inputs, dims_);
    for (ElementwiseInput& input : program.inputs) {
      access_.push_back(access_of(input, dims_, block_));
      strides_.push_back(input.strides);
    }
    const Compiler compiled(program, access_);
    steps_ = compiled.steps;
    registers_ = compiled.registers;
    for (size_t input = 0; input < access_.size(); ++input) {
      overwrites_.push_back(access_[input] == Access::in_place && compiled.last_use(input) <= outputs_[0]);
      if (access_[input] == Access::repeating) {
        const bool is_row = strides_[input].back() == 1;
        repeating_.push_back({static_cast<int>(input), compiled.place(input).index, is_row ? dims_.back() : 1});
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
    return std::max<int64_t>(1, (elements_ + piece() - 1) / piece());
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(registers_) * elementwise_block * tensor::size_of(dtype_);
  }
  [[nodiscard]] bool may_overwrite(size_t input) const override {
    return input < overwrites_.size() && overwrites_[input];
  }

  [[nodiscard]] int64_t row() const override {
    return std::ranges::any_of(repeating_, [](const Repeating& one) { return one.period > 1; }) ? dims_.back() : 1;
  }

  void run(int64_t, int64_t piece_index, const Arguments& arguments) const override {
    const int64_t first = piece_index * piece();
    run_range({first, std::min(elements_ - first, piece())}, arguments);
  }
  void run_range(const ElementRange& range, const Arguments& arguments) const override {
    dtype_ == tensor::DType::f32 ? run_as<float>(range, arguments) : run_as<double>(range, arguments);
  }

 private:
  struct Repeating {
    int input;
    int index;  // of its register
    int64_t period;
  };

  [[nodiscard]] int64_t piece() const { return piece_elements / block_ * block_; }

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
  void run_as(const ElementRange& range, const Arguments& arguments) const {
    const int64_t begin = range.first;
    const int64_t end = begin + range.count;
    if (begin >= end) {
      return;
    }
    const int64_t block = std::min(block_, end - begin);
    for (const Repeating& one : repeating_) {
      const T* value = static_cast<const T*>(arguments.inputs[one.input]);
      T* out = register_of<T>(arguments, one.index);
      if (one.period == 1) {
        fill(out, *value, block);
      } else {
        for (int64_t first_of_row = 0; first_of_row < block; first_of_row += one.period) {
          std::memcpy(out + first_of_row, value, static_cast<size_t>(one.period) * sizeof(T));
        }
      }
    }
    for (int64_t first = begin; first < end; first += block_) {
      run_block<T>(first, std::min(block_, end - first), arguments);
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
  int64_t block_ = elementwise_block;  // elements that a step runs on
  std::vector<int> outputs_;
  std::vector<int64_t> dims_;  // collapsed; empty for a single element
  std::vector<Access> access_;
  std::vector<std::vector<int64_t>> strides_;
  std::vector<bool> overwrites_;
  std::vector<Repeating> repeating_;
  std::vector<std::pair<int, int>> duplicates_;  // output computed, output copied to
  std::vector<Step> steps_;
  int registers_ = 0;
};

}  // namespace

std::unique_ptr<ElementwiseKernel> make_elementwise(ElementwiseProgram program) {
  return std::make_unique<Interpreter>(std::move(program));
}

}  // namespace atelier::kernels
