#include "execute/step_results.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/finite.hpp"
#include "tensor/memory.hpp"

namespace atelier::execute {
namespace {

bool is_number(const plan::PlanOutput& output, const PlannedBuffer& buffer) {
  return buffer.description.shape.elements() == 1 && output.kind != OutputKind::requested &&
         output.kind != OutputKind::gradient && output.kind != OutputKind::annotation;
}

bool all_finite(const tensor::Tensor& tensor) {
  return kernels::all_finite(tensor.storage.data(), tensor.dtype, tensor.shape.elements());
}

}  // namespace

void collect(const Launch& launch, bool with_requested, StepResults& results) {
  const Plan& plan = *launch.plan;
  for (const plan::PlanOutput& output : plan.outputs) {
    if (output.kind == OutputKind::requested && !with_requested) {
      continue;
    }
    const PlannedBuffer& buffer = plan.buffers[static_cast<size_t>(output.buffer)];
    const void* data = address_of(buffer, launch);
    if (output.kind == OutputKind::finite) {
      results.finite = results.finite && element(data, buffer.description.dtype, 0) != 0;
      continue;
    }
    StepResult result{output.kind, output.index, 0, 0, nullptr};
    if (is_number(output, buffer)) {
      result.value = element(data, buffer.description.dtype, 0);
    } else {
      auto copy = tensor::take_memory(
          [&] {
            return fmt::format("a copy of a result, {},", tensor::described(output.shape, buffer.description.dtype));
          },
          "a smaller batch, or fewer of [log] in the experiment",
          [&] { return std::make_unique<tensor::Tensor>(output.shape, buffer.description.dtype); });
      if (buffer.bytes > 0) {  // an empty tensor may have no memory at all
        std::memcpy(copy->storage.data(), data, buffer.bytes);
      }
      result.tensor = copy.get();
      results.tensors.push_back(std::move(copy));
    }
    if (output.count_buffer >= 0) {
      const PlannedBuffer& count = plan.buffers[static_cast<size_t>(output.count_buffer)];
      result.count = element(address_of(count, launch), count.description.dtype, 0);
    }
    results.entries.push_back(result);
  }
  if (launch.bank->went_bad.exchange(false)) {
    results.finite = false;
  }
}

bool all_finite(const StepResults& results) {
  return results.finite && std::ranges::all_of(results.entries, [](const StepResult& result) {
           return std::isfinite(result.value) && std::isfinite(result.count) &&
                  (result.tensor == nullptr || all_finite(*result.tensor));
         });
}

}  // namespace atelier::execute
