#include "inference/weights.hpp"

#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "execute/average.hpp"

namespace atelier::inference {
namespace {

std::string text_of(const tensor::Tensor& tensor) {
  return fmt::format("{} {}", tensor::name_of(tensor.dtype), tensor::to_string(tensor.shape));
}

}  // namespace

runlog::WeightsView weights_of(const record::Bank& bank) {
  runlog::WeightsView out;
  for (const auto& parameter : bank.parameters) {
    if (parameter->is_models_own()) {
      (parameter->group >= 0 ? out.parameters : out.state)
          .emplace_back(parameter->name, parameter->value.dtype, parameter->value.storage);
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
    const tensor::Tensor& value = parameter->value;
    if (found == stored.end() || !(found->second->shape == value.shape) || found->second->dtype != value.dtype) {
      throw Error(ErrorKind::file, "the log has {} for '{}', expected {}; hint: its plugin may have changed since",
                  found == stored.end() ? "no weights" : text_of(*found->second), parameter->name, text_of(value));
    }
    std::memcpy(parameter->value.storage.data(), found->second->storage.data(), parameter->value.bytes());
  }
  execute::begin_averages(bank);
}

}  // namespace atelier::inference
