#include "training/step_names.hpp"

#include <fmt/core.h>

namespace atelier::training {

std::string StepNames::next(record::OutputKind kind, int64_t index) {
  const auto i = static_cast<size_t>(index);
  switch (kind) {
    case record::OutputKind::annotation:
      return next_use("activations." + names_[i]);
    case record::OutputKind::gradient:
      return next_use("gradients." + bank_.parameters[i]->name);
    case record::OutputKind::logged:
      return "train." + names_[i];
    case record::OutputKind::group_norm:
      return "train.gradient_norm." + bank_.groups[i].name;
    case record::OutputKind::parameter_norm:
      return "gradient_norms." + bank_.parameters[i]->name;
    case record::OutputKind::requested:
    case record::OutputKind::finite:
      break;
  }
  return "";
}

std::string StepNames::next_use(const std::string& name) {
  int64_t& uses = uses_[name];
  std::string called = name;
  while (++uses > 1) {
    called = fmt::format("{}#{}", name, uses);
    if (uses_.try_emplace(called, 1).second) {  // else a model's own name looks like it
      break;
    }
  }
  return called;
}

}  // namespace atelier::training
