#include "plan/update_kernel.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/floating_point.hpp"
#include "kernels/finite.hpp"

namespace atelier::plan {
namespace {

constexpr int64_t block = 16384;  // elements a piece
constexpr int64_t cached = 4096;  // elements updated at a time, so that what is looked at afterwards is still near

int64_t blocks(int64_t elements) {
  return (elements + block - 1) / block;
}

// average = average + share (weights - average)
template <typename Real>
void move_average(Real share, const Real* __restrict weights, Real* __restrict average, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    average[i] += share * (weights[i] - average[i]);
  }
}

class UpdateKernel final : public kernels::Kernel {
 public:
  UpdateKernel(Parameter& parameter, const Bank& bank, const ParameterGroup& group, int32_t first_scalar)
      : parameter_(parameter),
        bank_(bank),
        rule_(*group.rule),
        averages_(group.average > 0),
        first_scalar_(first_scalar),
        dtype_(parameter.value.dtype),
        size_(static_cast<int64_t>(tensor::size_of(dtype_))),
        elements_(parameter.value.shape.elements()) {
    ATELIER_CHECK(dtype_ != DType::i64);
    ATELIER_CHECK(parameter.slots.size() == rule_.slots().size() + (averages_ ? 1 : 0));
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return blocks(elements_); }

  void run(int64_t, int64_t piece, const kernels::Arguments& arguments) const override {
    const void* const may_update = arguments.inputs[2];
    if (dtype_ == DType::f32 ? *static_cast<const float*>(may_update) == 0.0F
                             : *static_cast<const double*>(may_update) == 0.0) {
      return;
    }
    std::array<double, UpdateRule::max_scalars + 1> scalars{};  // the share in the average is the last
    for (size_t i = 0; i < scalars.size(); ++i) {
      scalars[i] = arguments.operands[static_cast<size_t>(first_scalar_) + i].real;
    }
    const int64_t end = std::min((piece + 1) * block, elements_);
    for (int64_t first = piece * block; first < end; first += cached) {
      const int64_t count = std::min(cached, end - first);
      if (!update(scalars.data(), count, static_cast<std::byte*>(arguments.outputs[0]) + first * size_,
                  static_cast<const std::byte*>(arguments.inputs[1]) + first * size_, first)) {
        bank_.went_bad.store(true, std::memory_order_relaxed);
      }
    }
    reset_floating_point();  // a plugin's library may have set flush-to-zero
  }

 private:
  // False where something that was read or written is not finite: a rule may well turn such a gradient into a step of
  // 0.
  bool update(const double* scalars, int64_t count, void* weights, const void* gradient, int64_t first) const {
    std::array<void*, UpdateRule::max_slots + 1> slots{};
    for (size_t i = 0; i < parameter_.slots.size(); ++i) {
      slots[i] = parameter_.slots[i].data() + first * size_;
    }
    rule_.update(scalars, parameter_.constants.data(), static_cast<uint64_t>(count), dtype_, weights, gradient,
                 slots.data());
    if (averages_) {
      average(scalars[UpdateRule::max_scalars], weights, slots[parameter_.slots.size() - 1], count);
    }
    bool finite = all_finite(gradient, count) && all_finite(weights, count);
    for (size_t i = 0; i < parameter_.slots.size(); ++i) {
      finite = finite && all_finite(slots[i], count);
    }
    return finite;
  }

  void average(double share, const void* weights, void* average, int64_t count) const {
    if (dtype_ == DType::f32) {
      move_average(static_cast<float>(share), static_cast<const float*>(weights), static_cast<float*>(average), count);
    } else {
      move_average(share, static_cast<const double*>(weights), static_cast<double*>(average), count);
    }
  }

  bool all_finite(const void* x, int64_t count) const { return kernels::all_finite(x, dtype_, count); }

  Parameter& parameter_;
  const Bank& bank_;
  const UpdateRule& rule_;
  bool averages_;
  int32_t first_scalar_;
  DType dtype_;
  int64_t size_;  // of an element
  int64_t elements_;
};

class AssignKernel final : public kernels::Kernel {
 public:
  AssignKernel(const TensorType& type, const Bank& bank)
      : bank_(bank), dtype_(type.dtype), elements_(type.shape.elements()), size_(tensor::size_of(type.dtype)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return blocks(elements_); }

  void run(int64_t, int64_t piece, const kernels::Arguments& arguments) const override {
    const auto first = static_cast<size_t>(piece * block) * size_;
    const int64_t count = std::min(block, elements_ - piece * block);
    const std::byte* const from = static_cast<const std::byte*>(arguments.inputs[1]) + first;
    std::memcpy(static_cast<std::byte*>(arguments.outputs[0]) + first, from, static_cast<size_t>(count) * size_);
    if (dtype_ != DType::i64 && !kernels::all_finite(from, dtype_, count)) {
      bank_.went_bad.store(true, std::memory_order_relaxed);
    }
  }

 private:
  const Bank& bank_;
  DType dtype_;
  int64_t elements_;
  size_t size_;
};

}  // namespace

std::unique_ptr<kernels::Kernel> make_update_kernel(Parameter& parameter, const Bank& bank, int32_t first_scalar) {
  return std::make_unique<UpdateKernel>(parameter, bank, bank.groups[static_cast<size_t>(parameter.group)],
                                        first_scalar);
}

std::unique_ptr<kernels::Kernel> make_assign_kernel(const TensorType& type, const Bank& bank) {
  return std::make_unique<AssignKernel>(type, bank);
}

}  // namespace atelier::plan
