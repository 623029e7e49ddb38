#include "inference/built_model.hpp"

#include <algorithm>

#include "ops/operations.hpp"
#include "tensor/memory.hpp"

namespace atelier::inference {
namespace {

plugin::ForeignModel copy_of(const plugin::ForeignModel& model) {
  plugin::ForeignModel out{model.recipe, {}};
  for (const auto& weight : model.weights) {
    const std::string& name = weight.first;
    const tensor::Tensor& value = weight.second;
    tensor::Tensor& copy = out.weights[name];
    copy.shape = value.shape;
    copy.dtype = value.dtype;
    copy.storage = tensor::take_memory(
        [&] {
          return fmt::format("the parameter '{}' of another run, {},", name,
                             tensor::described(value.shape, value.dtype));
        },
        "a machine with more", [&] { return tensor::copy_of(value.storage); });
  }
  return out;
}

}  // namespace

plugin::ModelRecipe recipe_of(const experiment::Experiment& experiment, const catalog::DataSpec& spec) {
  return {experiment.model,
          {experiment.losses.begin(), experiment.losses.end()},
          spec,
          static_cast<uint64_t>(experiment.seed),
          tensor::DType::f32,
          experiment.directory};
}

BuiltModel::BuiltModel(const experiment::Experiment& experiment, const catalog::DataSpec& spec,
                       const plugin::Registry& registry, const Environment& environment, ForeignRuns foreign_runs)
    : executor_(environment.threads),
      foreign_runs_(foreign_runs ? std::move(foreign_runs) : runs_by_name(experiment, registry, environment)) {
  ops::register_operations();
  model_ = std::make_unique<plugin::Model>(registry, recipe_of(experiment, spec), [this](const std::string& name) {
    const auto known = std::ranges::find(foreign_used_, name, &ForeignRun::name);
    const ForeignRun& run = known == foreign_used_.end() ? foreign_used_.emplace_back(foreign_runs_(name)) : *known;
    return copy_of(run.model);
  });
  experiment::check_groups(experiment, model_->group_names());
}

std::unique_ptr<execute::Session> BuiltModel::session(execute::Mode mode, kernels::Precision precision, size_t shards,
                                                      Ranks* ranks) {
  return std::make_unique<execute::Session>(mode, model_->recipe().real, model_->bank(), executor_, arena_, precision,
                                            shards, ranks);
}

}  // namespace atelier::inference
