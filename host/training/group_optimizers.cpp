#include "training/group_optimizers.hpp"

#include <algorithm>
#include <cstring>
#include <variant>

#include "base/error.hpp"
#include "execute/average.hpp"
#include "experiment/learning_rate_schedule.hpp"

namespace atelier::training {
namespace {

const experiment::Component& optimizer_of(const experiment::Experiment& experiment, const std::string& group) {
  const auto own = experiment.group_optimizers.find(group);
  return own == experiment.group_optimizers.end() ? experiment.optimizer : own->second;
}

}  // namespace

GroupOptimizers::GroupOptimizers(record::Bank& bank)
    : bank_(bank),
      optimizers_(bank.groups.size()),
      learning_rates_(bank.groups.size()),
      counts_(bank.groups.size(), 0) {}

void GroupOptimizers::set(size_t group, std::unique_ptr<Optimizer> optimizer, double clip_norm, double average) {
  record::ParameterGroup& target = bank_.groups[group];
  target.rule = optimizer.get();
  target.clip_norm = clip_norm;
  target.average = optimizer ? average : 0;
  target.frozen = optimizer == nullptr;
  for (const auto& parameter : bank_.parameters) {
    if (bank_.group_of(*parameter) == static_cast<int32_t>(group)) {
      parameter->frozen = target.frozen;
    }
  }
  for (const uint32_t member : target.members) {
    record::Parameter& parameter = *bank_.parameters[member];
    parameter.slots.clear();
    for (size_t i = 0; optimizer && i < optimizer->slots().size(); ++i) {
      parameter.slots.emplace_back(parameter.value.bytes());
    }
    if (target.average > 0) {
      parameter.slots.push_back(tensor::copy_of(parameter.value.storage));
    }
  }
  optimizers_[group] = std::move(optimizer);
  name_slots();
}

void GroupOptimizers::name_slots() {
  slot_names_.clear();
  for (const auto& parameter : bank_.parameters) {
    if (parameter->group >= 0 && !parameter->slots.empty()) {
      const record::ParameterGroup& group = bank_.groups[static_cast<size_t>(parameter->group)];
      for (const std::string& slot : group.rule->slots()) {
        slot_names_.push_back(parameter->name + "." + slot);
      }
      if (group.average > 0) {
        slot_names_.push_back(parameter->name + ".average");
      }
    }
  }
}

void GroupOptimizers::set_learning_rate(size_t group, std::function<double(int64_t step)> learning_rate) {
  learning_rates_[group] = std::move(learning_rate);
}

double GroupOptimizers::begin_update(size_t group, double* scalars) {
  if (optimizers_[group] == nullptr) {
    return 0;
  }
  const int64_t t = ++counts_[group];
  optimizers_[group]->begin_update(t, learning_rates_[group](step_), scalars);
  return execute::average_share(bank_.groups[group].average, t);
}

void GroupOptimizers::check() const {
  for (const auto& optimizer : optimizers_) {
    if (optimizer) {
      optimizer->check();
    }
  }
}

std::vector<runlog::ArrayView> GroupOptimizers::slots() const {
  std::vector<runlog::ArrayView> out;
  size_t i = 0;
  for (const auto& parameter : bank_.parameters) {
    for (const tensor::Storage& slot : parameter->slots) {
      if (parameter->group >= 0) {
        out.push_back({slot_names_[i++], {slot.as<const float>(), slot.size() / sizeof(float)}});
      }
    }
  }
  return out;
}

void GroupOptimizers::load_slots(const std::vector<runlog::NamedTensor>& slots) {
  size_t i = 0;
  for (const auto& parameter : bank_.parameters) {
    for (tensor::Storage& slot : parameter->slots) {
      const auto found = std::ranges::find(slots, slot_names_[i], &runlog::NamedTensor::name);
      if (found == slots.end() || found->value.bytes() != slot.size()) {
        throw Error(ErrorKind::file, "the checkpoint has no optimizer values '{}' of the right size", slot_names_[i]);
      }
      std::memcpy(slot.data(), found->value.storage.data(), slot.size());
      ++i;
    }
  }
}

void set_optimizers(GroupOptimizers& optimizers, const experiment::Experiment& experiment,
                    const plugin::Registry& registry, const std::vector<std::string>& groups) {
  for (size_t g = 0; g < groups.size(); ++g) {
    const bool frozen = experiment.start && std::ranges::count(experiment.start->freeze, groups[g]) > 0;
    optimizers.set(g, frozen ? nullptr : std::make_unique<Optimizer>(registry, optimizer_of(experiment, groups[g])),
                   experiment.train.clip_norm, experiment.train.average);
  }
}

void set_schedule(GroupOptimizers& optimizers, const experiment::Experiment& experiment,
                  const std::vector<std::string>& groups, int64_t total_steps) {
  for (size_t g = 0; g < groups.size(); ++g) {
    const double base = std::get<double>(optimizer_of(experiment, groups[g]).settings.at("learning_rate"));
    const experiment::LearningRateSchedule schedule = experiment.schedule;
    optimizers.set_learning_rate(g, [=](int64_t step) { return base * factor(schedule, step, total_steps); });
  }
}

}  // namespace atelier::training
