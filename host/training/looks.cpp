#include "training/looks.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "training/step_names.hpp"

namespace atelier::training {
namespace {

tensor::Tensor number(double value) {
  tensor::Tensor scalar(tensor::Shape(), tensor::DType::f64);
  *scalar.storage.as<double>() = value;
  return scalar;
}

}  // namespace

record::Observation all_to_look_at() {
  record::Observation all;
  all.group_norms = all.parameter_norms = all.gradients = all.annotations = true;
  return all;
}

void look_at_step(Setup& setup, const DoneStep& done, const std::vector<int64_t>& updates,
                  const execute::StepResults& results, const Look& look) {
  const record::Bank& bank = setup.built.bank();
  StepNames names(setup.steps.session().names(), bank);
  std::set<std::string> seen;
  for (const execute::StepResult& result : results.entries) {
    const std::string name = names.next(result.kind, result.index);
    if (name.empty() || !seen.insert(name).second) {
      continue;
    }
    if (result.tensor != nullptr) {
      look(name, *result.tensor);
    } else {
      const auto last = std::find_if(results.entries.rbegin(), results.entries.rend(), [&](const auto& other) {
        return other.kind == result.kind && other.index == result.index;
      });
      look(name, number(last->value));
    }
  }
  for (size_t group = 0; group < updates.size(); ++group) {
    look("train.learning_rate." + bank.groups[group].name,
         number(setup.steps.optimizers().logged_learning_rate(group, done.step, updates[group])));
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
