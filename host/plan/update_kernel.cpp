#include "plan/update_kernel.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/floating_point.hpp"

namespace atelier::plan {
namespace {

constexpr int64_t block = 16384;  // elements a piece

int64_t blocks(int64_t elements) {
  return (elements + block - 1) / block;
}

// average = average + share (weights - average)
void move_average(float share, const float* __restrict weights, float* __restrict average, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    average[i] += share * (weights[i] - average[i]);
  }
}

class UpdateKernel final : public kernels::Kernel {
 public:
  UpdateKernel(Parameter& parameter, const ParameterGroup& group, int32_t first_scalar)
      : parameter_(parameter),
        rule_(*group.rule),
        averages_(group.average > 0),
        first_scalar_(first_scalar),
        elements_(parameter.value.shape.elements()) {
    ATELIER_CHECK(parameter.value.dtype == DType::f32);
    ATELIER_CHECK(parameter.slots.size() == rule_.slots().size() + (averages_ ? 1 : 0));
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return blocks(elements_); }

  void run(int64_t, int64_t piece, const kernels::Arguments& arguments) const override {
    if (*static_cast<const float*>(arguments.inputs[2]) == 0.0F) {
      return;
    }
    const int64_t first = piece * block;
    const int64_t count = std::min(block, elements_ - first);
    std::array<double, UpdateRule::max_scalars> scalars{};
    for (size_t i = 0; i < scalars.size(); ++i) {
      scalars[i] = arguments.operands[static_cast<size_t>(first_scalar_) + i].real;
    }
    std::array<float*, UpdateRule::max_slots> slots{};
    for (size_t i = 0; i < rule_.slots().size(); ++i) {
      slots[i] = parameter_.slots[i].as<float>() + first;
    }
    float* const weights = static_cast<float*>(arguments.outputs[0]) + first;
    rule_.update(scalars.data(), static_cast<uint64_t>(count), weights,
                 static_cast<const float*>(arguments.inputs[1]) + first, slots.data());
    reset_floating_point();  // a plugin's library may have set flush-to-zero
    if (averages_) {         // while the block is in the cache
      const double share = arguments.operands[static_cast<size_t>(first_scalar_) + scalars.size()].real;
      move_average(static_cast<float>(share), weights, parameter_.slots.back().as<float>() + first, count);
    }
  }

 private:
  Parameter& parameter_;
  const UpdateRule& rule_;
  bool averages_;
  int32_t first_scalar_;
  int64_t elements_;
};

class AssignKernel final : public kernels::Kernel {
 public:
  explicit AssignKernel(const TensorType& type)
      : elements_(type.shape.elements()), size_(tensor::size_of(type.dtype)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return blocks(elements_); }

  void run(int64_t, int64_t piece, const kernels::Arguments& arguments) const override {
    const auto first = static_cast<size_t>(piece * block) * size_;
    const auto bytes = static_cast<size_t>(std::min(block, elements_ - piece * block)) * size_;
    std::memcpy(static_cast<std::byte*>(arguments.outputs[0]) + first,
                static_cast<const std::byte*>(arguments.inputs[1]) + first, bytes);
  }

 private:
  int64_t elements_;
  size_t size_;
};

}  // namespace

std::unique_ptr<kernels::Kernel> make_update_kernel(Parameter& parameter, const Bank& bank, int32_t first_scalar) {
  return std::make_unique<UpdateKernel>(parameter, bank.groups[static_cast<size_t>(parameter.group)], first_scalar);
}

std::unique_ptr<kernels::Kernel> make_assign_kernel(const TensorType& type) {
  return std::make_unique<AssignKernel>(type);
}

}  // namespace atelier::plan
