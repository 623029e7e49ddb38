#include "training/looks.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace atelier::training {
namespace {

std::string name_of(Setup& setup, const execute::StepResult& result) {
  const auto index = static_cast<size_t>(result.index);
  switch (result.kind) {
    case record::OutputKind::annotation:
      return "activations." + setup.steps.session().names()[index];
    case record::OutputKind::logged:
      return "train." + setup.steps.session().names()[index];
    case record::OutputKind::group_norm:
      return "train.gradient_norm." + setup.built.bank().groups[index].name;
    case record::OutputKind::gradient:
      return "gradients." + setup.built.bank().parameters[index]->name;
    case record::OutputKind::parameter_norm:
      return "gradient_norms." + setup.built.bank().parameters[index]->name;
    case record::OutputKind::requested:
    case record::OutputKind::finite:
      break;
  }
  return "";
}

}  // namespace

record::Observation all_to_look_at() {
  record::Observation all;
  all.group_norms = all.parameter_norms = all.gradients = all.annotations = true;
  return all;
}

void look_at_step(Setup& setup, const execute::StepResults& results, const Look& look) {
  std::set<std::string> seen;
  for (const execute::StepResult& result : results.entries) {
    const std::string name = name_of(setup, result);
    if (name.empty() || !seen.insert(name).second) {
      continue;
    }
    if (result.tensor != nullptr) {
      look(name, *result.tensor);
    } else {
      tensor::Tensor scalar(tensor::Shape(), tensor::DType::f64);
      const auto last = std::find_if(results.entries.rbegin(), results.entries.rend(), [&](const auto& other) {
        return other.kind == result.kind && other.index == result.index;
      });
      *scalar.storage.as<double>() = last->value;
      look(name, scalar);
    }
  }
}

runlog::NamedTensor copy_of(const std::string& name, const tensor::Tensor& value) {
  runlog::NamedTensor copy{name, tensor::Tensor(value.shape, value.dtype)};
  copy.value.storage = tensor::copy_of(value.storage);
  return copy;
}

void look_at(const runlog::Checkpoint& checkpoint, const Look& look) {
  const auto all = [&](const std::string& prefix, const std::vector<runlog::NamedTensor>& tensors) {
    for (const runlog::NamedTensor& tensor : tensors) {
      look(prefix + tensor.name, tensor.value);
    }
  };
  all("weights.", checkpoint.weights.parameters);
  all("state.", checkpoint.weights.state);
  all("optimizer.", checkpoint.optimizer);
}

}  // namespace atelier::training
