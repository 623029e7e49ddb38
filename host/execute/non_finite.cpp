#include "execute/non_finite.hpp"

#include <cmath>

namespace atelier::execute {
namespace {

bool has_non_finite(const PlannedBuffer& buffer, const Launch& launch) {
  const void* data = address_of(buffer, launch);
  for (int64_t i = 0; i < buffer.description.shape.elements(); ++i) {
    if (!std::isfinite(element(data, buffer.description.dtype, i))) {
      return true;
    }
  }
  return false;
}

// What a step that has run read or made that is not finite; "" where nothing is.
std::string find_in(const Step& step, const Launch& launch) {
  const std::string place = to_string(step.location);
  const std::string where = fmt::format("{}{}{}", step.name, place.empty() ? "" : " at ", place);
  const auto buffer_at = [&](int32_t index) -> const PlannedBuffer& {
    return launch.plan->buffers[static_cast<size_t>(index)];
  };
  std::string found;
  for (const int32_t input : step.inputs) {
    const PlannedBuffer& buffer = buffer_at(input);
    if (buffer.residence == Residence::parameter && has_non_finite(buffer, launch)) {
      found = fmt::format("the parameter '{}', read by {}",
                          launch.bank->parameters[static_cast<size_t>(buffer.index)]->name, where);
    } else if (buffer.residence == Residence::binding && has_non_finite(buffer, launch)) {
      found = fmt::format("the data {}, read by {}", tensor::to_string(buffer.description.shape), where);
    }
  }
  for (const int32_t output : step.outputs) {
    if (found.empty() && has_non_finite(buffer_at(output), launch)) {
      found = fmt::format("the result of {}, {}", where, tensor::to_string(buffer_at(output).description.shape));
    }
  }
  return found;
}

}  // namespace

std::string find_non_finite(Executor& executor, const Launch& launch) {
  std::string found;
  executor.run_serially(launch, [&](const Step& step) {
    found = find_in(step, launch);
    return found.empty();
  });
  return found;
}

}  // namespace atelier::execute
