#include "inference/weights.hpp"

#include <cstring>
#include <map>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "execute/average.hpp"

namespace atelier::inference {

runlog::WeightsView weights_of(const record::Bank& bank) {
  runlog::WeightsView out;
  for (const auto& parameter : bank.parameters) {
    if (parameter->is_models_own()) {
      const std::span values(parameter->value.storage.as<const float>(),
                             static_cast<size_t>(parameter->value.shape.elements()));
      (parameter->group >= 0 ? out.parameters : out.state).push_back({parameter->name, values});
    }
  }
  return out;
}

runlog::WeightsView averaged_weights_of(record::Bank& bank) {
  const execute::AveragedWeights averaged(bank);
  return weights_of(bank);  // the memory that the averages are in stays theirs when they are back in their slots
}

void load(const runlog::Weights& weights, record::Bank& bank) {
  std::map<std::string_view, const tensor::Tensor*> stored;
  for (const auto* list : {&weights.parameters, &weights.state}) {
    for (const runlog::NamedTensor& entry : *list) {
      stored[entry.name] = &entry.value;
    }
  }
  ++bank.version;
  for (const auto& parameter : bank.parameters) {
    if (!parameter->is_models_own()) {
      continue;
    }
    const auto found = stored.find(parameter->name);
    if (found == stored.end() || !(found->second->shape == parameter->value.shape)) {
      throw Error(ErrorKind::file, "the log has {} for '{}', expected {}; hint: its plugin may have changed since",
                  found == stored.end() ? "no weights" : tensor::to_string(found->second->shape), parameter->name,
                  tensor::to_string(parameter->value.shape));
    }
    std::memcpy(parameter->value.storage.data(), found->second->storage.data(), parameter->value.bytes());
  }
  execute::begin_averages(bank);
}

}  // namespace atelier::inference
