#include "training/group_optimizers.hpp"

#include <algorithm>
#include <cstring>
#include <variant>

#include "base/error.hpp"
#include "execute/average.hpp"
#include "experiment/learning_rate_schedule.hpp"
#include "tensor/memory.hpp"

namespace atelier::training {
namespace {

const experiment::Component& optimizer_of(const experiment::Experiment& experiment, const std::string& group) {
  const auto own = experiment.group_optimizers.find(group);
  return own == experiment.group_optimizers.end() ? experiment.optimizer : own->second;
}

// What is kept beside a parameter.
template <typename Take>
tensor::Storage beside(const record::Parameter& parameter, const std::string& what, const Take& take) {
  return tensor::take_memory(
      [&] {
        return fmt::format("{} beside the parameter '{}', {},", what, parameter.name,
                           tensor::described(parameter.value.shape, parameter.value.dtype));
      },
      "smaller layers, or an optimizer that keeps less", take);
}

}  // namespace

GroupOptimizers::GroupOptimizers(record::Bank& bank)
    : bank_(bank),
      optimizers_(bank.groups.size()),
      delayed_(bank.groups.size()),
      recorded_(bank.groups.size()),
      learning_rates_(bank.groups.size()),
      counts_(bank.groups.size(), 0) {}

void GroupOptimizers::begin_group(size_t group, record::UpdateRule* rule, double clip_norm, double average) {
  record::ParameterGroup& target = bank_.groups[group];
  target.rule = rule;
  target.clip_norm = clip_norm;
  target.average = rule != nullptr ? average : 0;
  target.frozen = rule == nullptr;
  for (const auto& parameter : bank_.parameters) {
    if (bank_.group_of(*parameter) == static_cast<int32_t>(group)) {
      parameter->frozen = target.frozen;
    }
  }
  for (const uint32_t member : target.members) {
    record::Parameter& parameter = *bank_.parameters[member];
    parameter.slots.clear();
    for (size_t i = 0; rule != nullptr && i < rule->slots().size(); ++i) {
      parameter.slots.push_back(beside(parameter, "'" + rule->slots()[i] + "' of the optimizer",
                                       [&] { return tensor::Storage(parameter.value.bytes()); }));
    }
    if (target.average > 0) {
      parameter.slots.push_back(
          beside(parameter, "the moving average", [&] { return tensor::copy_of(parameter.value.storage); }));
    }
  }
}

void GroupOptimizers::set(size_t group, std::unique_ptr<Optimizer> optimizer, double clip_norm, double average,
                          int64_t delay) {
  delayed_[group] = optimizer && delay > 0 ? std::make_unique<DelayedUpdate>(*optimizer, delay) : nullptr;
  begin_group(group, delayed_[group] ? static_cast<record::UpdateRule*>(delayed_[group].get()) : optimizer.get(),
              clip_norm, average);
  if (optimizer) {
    optimizer->prepare(bank_, group);
  }
  optimizers_[group] = std::move(optimizer);
  list_slots();
}

void GroupOptimizers::set(size_t group, std::unique_ptr<RecordedOptimizer> optimizer, double clip_norm,
                          double average) {
  begin_group(group, optimizer.get(), clip_norm, average);
  optimizer->declare_slots(bank_, group);
  recorded_[group] = std::move(optimizer);
  list_slots();
}

void GroupOptimizers::list_slots() {
  slots_.clear();
  for (const auto& parameter : bank_.parameters) {
    if (parameter->group < 0 || parameter->slots.empty()) {
      continue;
    }
    const record::ParameterGroup& group = bank_.groups[static_cast<size_t>(parameter->group)];
    std::vector<std::string> names = group.rule->slots();
    if (group.average > 0) {
      names.emplace_back("average");
    }
    for (size_t i = 0; i < names.size(); ++i) {
      slots_.push_back(
          {parameter->name + "." + names[i], parameter->value.shape, parameter->value.dtype, &parameter->slots[i]});
    }
  }
  for (const auto& parameter : bank_.parameters) {
    if (parameter->slot_of >= 0) {
      tensor::Tensor& value = parameter->value;
      slots_.push_back({parameter->name, value.shape, value.dtype, &value.storage});
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
  bank_.groups[group].rule->begin_update(t, learning_rates_[group](step_), scalars);
  return execute::average_share(bank_.groups[group].average, t);
}

void GroupOptimizers::record_update(size_t group, atl_context& context, uint32_t loss, record::Location location) {
  const int64_t t = ++counts_[group];
  recorded_[group]->record({group, loss, execute::average_share(bank_.groups[group].average, t)}, context,
                           {sizeof(atl_update), t, learning_rates_[group](step_)}, location);
}

void GroupOptimizers::check() const {
  for (const auto& optimizer : optimizers_) {
    if (optimizer) {
      optimizer->check();
    }
  }
}

std::vector<runlog::ArrayView> GroupOptimizers::slot_views() const {
  std::vector<runlog::ArrayView> out;
  for (const SlotEntry& slot : slots_) {
    out.emplace_back(slot.name, slot.dtype, *slot.storage);
  }
  return out;
}

void GroupOptimizers::load_slots(const std::vector<runlog::NamedTensor>& stored) {
  for (const SlotEntry& slot : slots_) {
    const auto found = std::ranges::find(stored, slot.name, &runlog::NamedTensor::name);
    if (found == stored.end() || !(found->value.shape == slot.shape) || found->value.dtype != slot.dtype) {
      throw Error(ErrorKind::file, "the checkpoint has no optimizer values '{}' of the type {} and the shape {}",
                  slot.name, tensor::name_of(slot.dtype), tensor::to_string(slot.shape));
    }
    std::memcpy(slot.storage->data(), found->value.storage.data(), slot.storage->size());
  }
}

void set_optimizers(GroupOptimizers& optimizers, const experiment::Experiment& experiment,
                    const plugin::Registry& registry, const std::vector<std::string>& groups) {
  for (size_t g = 0; g < groups.size(); ++g) {
    const bool frozen = experiment.start && std::ranges::count(experiment.start->freeze, groups[g]) > 0;
    const experiment::Component& chosen = optimizer_of(experiment, groups[g]);
    const experiment::Train& train = experiment.train;
    if (!frozen && registry.get(catalog::Kind::optimizer, chosen.use).recorded) {
      if (train.delay > 0) {
        throw Error(ErrorKind::experiment,
                    "{}: got {} for the group '{}', expected 0, as the optimizer '{}' makes its own updates of whole "
                    "parameters; hint: one that goes element by element, as sgd or adam",
                    located(experiment, "train", "delay"), train.delay, groups[g], chosen.use);
      }
      optimizers.set(g, std::make_unique<RecordedOptimizer>(registry, chosen), train.clip_norm, train.average);
    } else {
      optimizers.set(g, frozen ? nullptr : std::make_unique<Optimizer>(registry, chosen), train.clip_norm,
                     train.average, train.delay);
    }
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
