#include "training/workbench.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "base/text.hpp"
#include "experiment/schedule.hpp"
#include "ops/operations.hpp"
#include "runlog/reader.hpp"

namespace atelier::training {
namespace {

constexpr int64_t sampling_chunk = 64;  // always, so that an image's bits do not depend on how many are asked for

std::map<std::string, plugin::ComponentChoice> choices(const std::map<std::string, experiment::Component>& components) {
  std::map<std::string, plugin::ComponentChoice> out;
  for (const auto& [slot, component] : components) {
    out[slot] = {component.use, component.settings};
  }
  return out;
}

void check_sizes(const experiment::Experiment& experiment, const Subsets& subsets) {
  if (experiment.train.batch_size > subsets.train.count) {
    const auto given = std::ranges::find_if(experiment.resolved, [](const experiment::ResolvedValue& value) {
      return value.table == "train" && value.key == "batch_size";
    });
    const std::string place = given == experiment.resolved.end() ? "" : given->origin.text();
    throw Error(ErrorKind::experiment, "{}{}train.batch_size: got {}, expected at most the {} training samples of '{}'",
                place, place.empty() ? "" : ": ", experiment.train.batch_size, subsets.train.count,
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

uint8_t to_byte(float value, const plugin::FieldSpec& image) {
  const double scaled = (static_cast<double>(value) - image.low) / (image.high - image.low);
  return static_cast<uint8_t>(std::lround(std::clamp(scaled, 0.0, 1.0) * 255));
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
      spec_(scaled_spec(dataset_->spec(), experiment.dataset.low, experiment.dataset.high)),
      subsets_(divide(*dataset_, experiment.dataset.validation, static_cast<uint64_t>(experiment.seed))),
      executor_(options.threads),
      foreign_runs_(foreign_runs ? std::move(foreign_runs) : runs_by_name(experiment_, registry, options)) {
  ops::register_operations();
  check_sizes(experiment_, subsets_);
  model_ = std::make_unique<plugin::Model>(registry, recipe_of(experiment_, spec_), [this](const std::string& name) {
    const auto known = std::ranges::find(foreign_used_, name, &ForeignRun::name);
    const ForeignRun& run = known == foreign_used_.end() ? foreign_used_.emplace_back(foreign_runs_(name)) : *known;
    return copy_of(run.model);
  });
  experiment::check_groups(experiment_, model_->group_names());
  const auto session = [&](graph::Mode mode) {
    return std::make_unique<graph::Session>(mode, tensor::DType::f32, model_->bank(), executor_, arena_);
  };
  training_ = session(graph::Mode::train);
  evaluation_ = session(graph::Mode::evaluate);
  sampling_ = session(graph::Mode::sample);
  batches_ = std::make_unique<TrainingBatches>(*dataset_, spec_, subsets_.train, experiment_.train.batch_size,
                                               static_cast<uint64_t>(experiment_.seed));
  set_optimizers();
  set_total_steps(1);
  for (const auto& parameter : model_->bank().parameters) {
    if (parameter->group >= 0 && !parameter->slots.empty()) {
      const auto& rule = *model_->bank().groups[static_cast<size_t>(parameter->group)].rule;
      for (const std::string& slot : rule.slots()) {
        slot_names_.push_back(parameter->name + "." + slot);
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
        experiment_.train.clip_norm);
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

SplitMetrics Workbench::evaluate(const Subset& subset, int64_t batch_size) {
  EvaluationBatches batches(*dataset_, spec_, subset, batch_size);
  std::map<std::string, std::pair<double, double>> sums;
  while (batches.next()) {
    evaluation_->begin({static_cast<uint64_t>(experiment_.seed), purpose_evaluation, 0, batches.first_index()});
    model_->evaluate(*evaluation_, batches, {});
    evaluation_->end();
    evaluation_->start(batches.prefetch());
    for (const graph::StepResult& result : evaluation_->wait().entries) {
      if (result.kind == graph::OutputKind::logged) {
        auto& [sum, count] = sums[evaluation_->names()[static_cast<size_t>(result.index)]];
        sum += result.value;
        count += result.count;
      }
    }
    batches.step_done();
  }
  SplitMetrics out;
  for (const auto& [name, total] : sums) {
    out.values[name] = total.second == 0 ? std::nan("") : total.first / total.second;
  }
  return out;
}

std::vector<std::string> Workbench::evaluation_names(const Subset& subset, int64_t batch_size) {
  Subset first = subset;
  first.count = std::min(subset.count, batch_size);
  std::vector<std::string> out;
  for (const auto& [name, value] : evaluate(first, batch_size).values) {
    out.push_back(name);
  }
  return out;
}

bool Workbench::samples_images() const {
  const plugin::FieldSpec* image = spec_.find("image");
  return image != nullptr && image->dims.rank() == 3 && (image->dims[0] == 1 || image->dims[0] == 3);
}

ImageStack Workbench::sample(int64_t count, uint64_t seed) {
  const plugin::FieldSpec& image = *spec_.find("image");
  ImageStack out{count, image.dims[1], image.dims[2], image.dims[0], {}};
  const int64_t pixels = out.height * out.width;
  out.pixels.resize(static_cast<size_t>(count * pixels * out.channels));
  for (int64_t first = 0; first < count; first += sampling_chunk) {
    sampling_->begin({seed, purpose_sampling, 0, first});
    const uint32_t images = model_->sample(*sampling_, sampling_chunk, {});
    sampling_->end(std::span(&images, 1));
    sampling_->start();
    const graph::StepResults& results = sampling_->wait();
    const auto found = std::ranges::find(results.entries, graph::OutputKind::requested, &graph::StepResult::kind);
    ATELIER_CHECK(found != results.entries.end());
    const auto* values = found->tensor->storage.as<float>();
    for (int64_t n = 0; n < std::min(sampling_chunk, count - first); ++n) {
      for (int64_t c = 0; c < out.channels; ++c) {
        for (int64_t p = 0; p < pixels; ++p) {
          out.pixels[static_cast<size_t>(((first + n) * pixels + p) * out.channels + c)] =
              to_byte(values[(n * out.channels + c) * pixels + p], image);
        }
      }
    }
  }
  return out;
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

// ---- Other runs

namespace {

// The model of another run's experiment, with these weights.
plugin::ForeignModel build_foreign(const std::string& resolved, const std::string& origin,
                                   std::vector<runlog::NamedTensor> weights, const experiment::Experiment& experiment,
                                   const plugin::Registry& registry, const RunOptions& options) {
  const experiment::Experiment theirs =
      experiment::parse(resolved, origin, experiment.directory, {}, registry.descriptions());
  const plugin::Dataset data(registry, dataset_recipe(theirs.dataset), experiment.directory, options.data_directories);
  plugin::ForeignModel out{recipe_of(theirs, scaled_spec(data.spec(), theirs.dataset.low, theirs.dataset.high)), {}};
  for (runlog::NamedTensor& entry : weights) {
    out.weights.emplace(entry.name, std::move(entry.value));
  }
  return out;
}

std::vector<runlog::NamedTensor> final_weights(const runlog::Reader& reader) {
  auto final_result = reader.final_result();
  if (!final_result) {
    throw Error(ErrorKind::file, "{}: has no final weights to take", reader.path().string());
  }
  std::vector<runlog::NamedTensor> out = std::move(final_result->weights.parameters);
  std::ranges::move(final_result->weights.state, std::back_inserter(out));
  return out;
}

}  // namespace

ForeignRuns runs_by_name(const experiment::Experiment& experiment, const plugin::Registry& registry,
                         const RunOptions& options) {
  return [&experiment, &registry, options](const std::string& name) {
    std::filesystem::path path = experiment.directory / name;
    if (!std::filesystem::is_regular_file(path)) {
      path = newest_log(options.out_directory, name);
    }
    const runlog::Reader reader(path);
    const runlog::RunDescription& description = reader.description();
    return ForeignRun{
        name, description.run_id, description.resolved,
        build_foreign(description.resolved, path.string(), final_weights(reader), experiment, registry, options)};
  };
}

ForeignRuns runs_in_log(const runlog::Reader& log, const experiment::Experiment& experiment,
                        const plugin::Registry& registry, const RunOptions& options) {
  return [&log, &experiment, &registry, options](const std::string& name) {
    const std::vector<runlog::ForeignRun>& stored = log.description().foreign;
    const auto found = std::ranges::find(stored, name, &runlog::ForeignRun::name);
    if (found == stored.end()) {
      throw Error(ErrorKind::file, "{}: keeps no weights of the run '{}', which its model asks for",
                  log.path().string(), name);
    }
    return ForeignRun{
        name, found->run_id, found->resolved,
        build_foreign(found->resolved, log.path().string(),
                      log.foreign_weights(static_cast<size_t>(found - stored.begin())), experiment, registry, options)};
  };
}

}  // namespace atelier::training
