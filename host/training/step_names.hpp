// What the values of a training step are called, in a log and where they are looked at afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "record/bank.hpp"
#include "record/lowering.hpp"

namespace atelier::training {

// Of one step, whose values are named one after the other, in recording order. Borrows both.
class StepNames {
 public:
  StepNames(const std::vector<std::string>& names, const record::Bank& bank) : names_(names), bank_(bank) {}

  // "activations.<layer>", "gradients.<parameter>", and of further ones of the same step "activations.<layer>#2";
  // "train.<logged>", "train.gradient_norm.<group>", "gradient_norms.<parameter>", of which a log has a step's last.
  // "" for what has no name.
  std::string next(record::OutputKind kind, int64_t index);

 private:
  std::string next_use(const std::string& name);

  const std::vector<std::string>& names_;  // Session::names
  const record::Bank& bank_;
  std::map<std::string, int64_t> uses_;  // of each name so far
};

}  // namespace atelier::training
