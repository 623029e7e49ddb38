#include "execute/average.hpp"

#include <algorithm>
#include <cstring>

namespace atelier::execute {

double average_share(double decay, int64_t t) {
  const auto updates = static_cast<double>(t);
  return 1 - std::min(decay, (1 + updates) / (10 + updates));
}

tensor::Storage* average_of(const Bank& bank, Parameter& parameter) {
  const bool kept = parameter.group >= 0 && bank.groups[static_cast<size_t>(parameter.group)].average > 0;
  return kept ? &parameter.slots.back() : nullptr;
}

void begin_averages(Bank& bank) {
  for (const auto& parameter : bank.parameters) {
    if (tensor::Storage* average = average_of(bank, *parameter)) {
      std::memcpy(average->data(), parameter->value.storage.data(), average->size());
    }
  }
}

AveragedWeights::AveragedWeights(Bank& bank) : bank_(bank), outermost_(!bank.averaged) {
  exchange();
}

AveragedWeights::~AveragedWeights() {
  exchange();
}

void AveragedWeights::exchange() {
  if (!outermost_) {
    return;
  }
  bank_.averaged = !bank_.averaged;
  for (const auto& parameter : bank_.parameters) {
    if (tensor::Storage* average = average_of(bank_, *parameter)) {
      std::swap(*average, parameter->value.storage);
      ++bank_.version;
    }
  }
}

}  // namespace atelier::execute
