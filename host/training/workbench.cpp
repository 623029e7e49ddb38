#include "training/workbench.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "base/text.hpp"
#include "experiment/schedule.hpp"
#include "graph/average.hpp"
#include "ops/operations.hpp"
#include "runlog/reader.hpp"

namespace atelier::training {
namespace {

std::map<std::string, plugin::ComponentChoice> choices(const std::map<std::string, experiment::Component>& components) {
  std::map<std::string, plugin::ComponentChoice> out;
  for (const auto& [slot, component] : components) {
    out[slot] = {component.use, component.settings};
  }
  return out;
}

void check_sizes(const experiment::Experiment& experiment, const Subsets& subsets) {
  if (experiment.train.batch_size > subsets.train.count) {
    throw Error(ErrorKind::experiment, "{}: got {}, expected at most the {} training samples of '{}'",
                located(experiment, "train", "batch_size"), experiment.train.batch_size, subsets.train.count,
                experiment.dataset.use);
  }
  if (subsets.test.count == 0 && subsets.validation.count == 0) {
    throw Error(ErrorKind::data, "dataset '{}': has no test samples; hint: set dataset.validation",
                experiment.dataset.use);
  }
}

plugin::ForeignModel copy_of(const plugin::ForeignModel& model) {
  plugin::ForeignModel out{model.recipe, {}};
  for (const auto& [name, value] : model.weights) {
    tensor::Tensor& copy = out.weights[name];
    copy = tensor::Tensor(value.shape, value.dtype);
    copy.storage = tensor::copy_of(value.storage);
  }
  return out;
}

}  // namespace

plugin::DatasetRecipe dataset_recipe(const experiment::Dataset& dataset) {
  plugin::DatasetRecipe out{dataset.use, dataset.settings, nullptr};
  if (dataset.source) {
    out.source = std::make_shared<const plugin::DatasetRecipe>(dataset_recipe(*dataset.source));
  }
  return out;
}

plugin::ModelRecipe recipe_of(const experiment::Experiment& experiment, const plugin::DataSpec& spec) {
  return {{experiment.model.use, experiment.model.settings},
          choices(experiment.losses),
          spec,
          static_cast<uint64_t>(experiment.seed),
          tensor::DType::f32};
}

Workbench::Workbench(const experiment::Experiment& experiment, const plugin::Registry& registry,
                     const RunOptions& options, ForeignRuns foreign_runs)
    : experiment_(experiment),
      registry_(registry),
      dataset_(std::make_unique<plugin::Dataset>(registry, dataset_recipe(experiment.dataset), experiment.directory,
                                                 options.data_directories)),
      transforms_(experiment_, dataset_->spec()),
      subsets_(divide(*dataset_, experiment.dataset.validation, static_cast<uint64_t>(experiment.seed))),
      executor_(options.threads),
      foreign_runs_(foreign_runs ? std::move(foreign_runs) : runs_by_name(experiment_, registry, options)) {
  ops::register_operations();
  check_sizes(experiment_, subsets_);
  model_ = std::make_unique<plugin::Model>(registry, recipe_of(experiment_, spec()), [this](const std::string& name) {
    const auto known = std::ranges::find(foreign_used_, name, &ForeignRun::name);
    const ForeignRun& run = known == foreign_used_.end() ? foreign_used_.emplace_back(foreign_runs_(name)) : *known;
    return copy_of(run.model);
  });
  experiment::check_groups(experiment_, model_->group_names());
  for (const auto& [name, metric] : experiment_.metrics) {
    metrics_[name] =
        std::make_unique<plugin::Metric>(registry, name, plugin::ComponentChoice{metric.use, metric.settings}, *model_);
  }
  const auto session = [&](graph::Mode mode) {
    return std::make_unique<graph::Session>(mode, tensor::DType::f32, model_->bank(), executor_, arena_);
  };
  training_ = session(graph::Mode::train);
  evaluation_ = session(graph::Mode::evaluate);
  sampling_ = session(graph::Mode::sample);
  batches_ = std::make_unique<TrainingBatches>(*dataset_, transforms_, subsets_.train, experiment_.train.batch_size,
                                               static_cast<uint64_t>(experiment_.seed));
  set_optimizers();
  set_total_steps(1);
  for (const auto& parameter : model_->bank().parameters) {
    if (parameter->group >= 0 && !parameter->slots.empty()) {
      const graph::ParameterGroup& group = model_->bank().groups[static_cast<size_t>(parameter->group)];
      for (const std::string& slot : group.rule->slots()) {
        slot_names_.push_back(parameter->name + "." + slot);
      }
      if (group.average > 0) {
        slot_names_.push_back(parameter->name + ".average");
      }
    }
  }
}

const experiment::Component& Workbench::optimizer_of(const std::string& group) const {
  const auto own = experiment_.group_optimizers.find(group);
  return own == experiment_.group_optimizers.end() ? experiment_.optimizer : own->second;
}

void Workbench::set_optimizers() {
  const std::vector<std::string> names = model_->group_names();
  for (size_t g = 0; g < names.size(); ++g) {
    const bool frozen = experiment_.start && std::ranges::count(experiment_.start->freeze, names[g]) > 0;
    const experiment::Component& chosen = optimizer_of(names[g]);
    model_->set_optimizer(
        g,
        frozen ? nullptr
               : std::make_unique<plugin::Optimizer>(registry_, plugin::ComponentChoice{chosen.use, chosen.settings}),
        experiment_.train.clip_norm, experiment_.train.average);
  }
}

void Workbench::set_total_steps(int64_t total_steps, const std::vector<int64_t>& updates_per_step) {
  const std::vector<std::string> names = model_->group_names();
  for (size_t g = 0; g < names.size(); ++g) {
    const double base = std::get<double>(optimizer_of(names[g]).settings.at("learning_rate"));
    const experiment::Schedule schedule = experiment_.schedule;
    const int64_t total_updates =
        total_steps * (g < updates_per_step.size() ? std::max<int64_t>(updates_per_step[g], 1) : 1);
    model_->set_learning_rate(g, [=](int64_t t) { return base * factor(schedule, t, total_updates); });
  }
}

void Workbench::record_step(int64_t step, int64_t total_steps, const graph::Observation& observation) {
  batches_->begin_step();
  atl_phase_info phase{};
  phase.step = step;
  phase.total_steps = total_steps;
  phase.epoch = static_cast<double>(batches_->consumed() - 1) / static_cast<double>(batches_->batches_per_epoch());
  training_->begin({static_cast<uint64_t>(experiment_.seed), purpose_training, step, 0}, observation);
  model_->train_step(*training_, *batches_, phase);
  training_->end();
}

// ---- Weights

runlog::WeightsView Workbench::weights() const {
  runlog::WeightsView out;
  for (const auto& parameter : model_->bank().parameters) {
    if (!parameter->foreign) {
      const std::span values(parameter->value.storage.as<const float>(),
                             static_cast<size_t>(parameter->value.shape.elements()));
      (parameter->group >= 0 ? out.parameters : out.state).push_back({parameter->name, values});
    }
  }
  return out;
}

runlog::WeightsView Workbench::averaged_weights() const {
  const graph::AveragedWeights averaged(model_->bank());
  return weights();  // the memory that the averages are in stays theirs when they are back in their slots
}

std::vector<runlog::ArrayView> Workbench::optimizer_slots() const {
  std::vector<runlog::ArrayView> out;
  size_t i = 0;
  for (const auto& parameter : model_->bank().parameters) {
    for (const tensor::Storage& slot : parameter->slots) {
      if (parameter->group >= 0) {
        out.push_back({slot_names_[i++], {slot.as<const float>(), slot.size() / sizeof(float)}});
      }
    }
  }
  return out;
}

void Workbench::load(const runlog::Weights& weights) {
  std::map<std::string_view, const tensor::Tensor*> stored;
  for (const auto* list : {&weights.parameters, &weights.state}) {
    for (const runlog::NamedTensor& entry : *list) {
      stored[entry.name] = &entry.value;
    }
  }
  ++model_->bank().version;
  for (const auto& parameter : model_->bank().parameters) {
    if (parameter->foreign) {
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
  graph::begin_averages(model_->bank());
}

void Workbench::load_slots(const std::vector<runlog::NamedTensor>& slots) {
  size_t i = 0;
  for (const auto& parameter : model_->bank().parameters) {
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

}  // namespace atelier::training
