#include "plugin/model.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "base/text.hpp"
#include "plugin/initializer.hpp"

namespace atelier::plugin {
namespace {

// Converts between the precisions that weights are kept in.
void copy_values(const tensor::Tensor& from, tensor::Tensor& to) {
  if (from.dtype == to.dtype) {
    std::memcpy(to.storage.data(), from.storage.data(), from.bytes());
  } else {
    const auto* values = from.storage.as<float>();
    std::copy_n(values, from.shape.elements(), to.storage.as<double>());
  }
}

}  // namespace

// ---- Building

Model::Model(const Registry& registry, const ModelRecipe& recipe, ForeignModels foreign)
    : registry_(registry),
      recipe_(recipe),
      foreign_models_(std::move(foreign)),
      table_(&registry.model(recipe.model.use)) {
  try {
    instance_ = build(recipe_, "");
  } catch (...) {  // a destructor does not run for what was not constructed
    destroy();
    throw;
  }
}

Model::~Model() {
  destroy();
}

void Model::destroy() {
  if (instance_.self != nullptr) {
    instance_.destroy(instance_.self);
  }
  for (const BuiltFeatures& features : features_) {
    features.instance.destroy(features.instance.self);
  }
  for (const BuiltLoss& loss : losses_) {
    loss.instance.destroy(loss.instance.self);
  }
}

Model::Instance Model::build(const ModelRecipe& recipe, const std::string& prefix) {
  const ModelRecipe* const outer = std::exchange(building_, &recipe);
  const std::string outer_prefix = std::exchange(building_prefix_, prefix);
  atl_context context;
  context.model = this;
  context.phase.size = sizeof context.phase;
  context.stage = fmt::format("model '{}'", recipe.model.use);
  const atl_model_v1& table = registry_.model(recipe.model.use);
  const AbiSettings settings(recipe.model.settings);
  const AbiDataSpec data(recipe.data);
  Instance instance{nullptr, table.destroy};
  const atl_status status = table.create(&context, data.get(), settings.get(), &instance.self);
  reset_floating_point();
  building_ = outer;
  building_prefix_ = outer_prefix;
  try {
    context.check(status);
  } catch (...) {
    if (instance.self != nullptr) {
      table.destroy(instance.self);
    }
    throw;
  }
  return instance;
}

void Model::while_building(const std::function<void()>& create) {
  const ModelRecipe* const outer = std::exchange(building_, &recipe_);
  try {
    create();
  } catch (...) {
    building_ = outer;
    throw;
  }
  building_ = outer;
}

std::vector<std::string> Model::group_names() const {
  std::vector<std::string> names;
  for (const record::ParameterGroup& group : bank_.groups) {
    names.push_back(group.name);
  }
  return names;
}

atl_parameter Model::declare(atl_context&, const atl_parameter_info& info) {
  if (building_ == nullptr) {
    throw Error(ErrorKind::plugin, "parameters are declared in the constructor only");
  }
  const std::string name = own(info.name);
  const std::string full = building_prefix_ + name;
  if (name.empty() || name.find('/') != std::string::npos) {
    throw Error(ErrorKind::plugin, "'{}' is no name for a parameter", name);
  }
  if (std::ranges::any_of(bank_.parameters, [&](const auto& other) { return other->name == full; })) {
    throw Error(ErrorKind::plugin, "the parameter '{}' is declared twice; hint: give each layer a scope of its own",
                full);
  }
  auto parameter = std::make_unique<record::Parameter>();
  parameter->name = full;
  parameter->foreign = building_foreign_ != nullptr;
  parameter->value = tensor::Tensor(tensor::Shape(std::span(info.dims, info.rank)), recipe_.real);
  const auto index = static_cast<uint32_t>(bank_.parameters.size());
  if (building_foreign_ != nullptr) {
    const auto found = building_foreign_->weights.find(name);
    if (found == building_foreign_->weights.end() || !(found->second.shape == parameter->value.shape)) {
      throw Error(ErrorKind::plugin, "the log of the other run has no weights for '{}' of shape {}", name,
                  tensor::to_string(parameter->value.shape));
    }
    copy_values(found->second, parameter->value);
  } else {
    initialize(parameter->value, info, recipe_.seed, index);
    if (info.group.size > 0) {
      const std::string group_name = own(info.group);
      auto group = std::ranges::find(bank_.groups, group_name, &record::ParameterGroup::name);
      if (group == bank_.groups.end()) {
        bank_.groups.push_back({group_name, {}});
        group = bank_.groups.end() - 1;
      }
      parameter->group = static_cast<int32_t>(group - bank_.groups.begin());
      group->members.push_back(index);
    }
  }
  bank_.parameters.push_back(std::move(parameter));
  return index + 1;
}

atl_loss Model::find_loss(atl_context&, const std::string& slot) {
  if (building_ == nullptr) {
    throw Error(ErrorKind::plugin, "losses are looked up in the constructor only");
  }
  const auto found = building_->losses.find(slot);
  if (found == building_->losses.end()) {
    std::vector<std::string> known;
    for (const auto& [name, choice] : building_->losses) {
      known.push_back(name);
    }
    throw Error(ErrorKind::plugin, "the description has no loss slot '{}'{}", slot, did_you_mean(slot, known));
  }
  const catalog::ComponentChoice& choice = found->second;
  BuiltLoss loss{&registry_.loss(choice.use), {}};
  loss.instance.destroy = loss.table->destroy;
  atl_context inner;
  inner.model = this;
  inner.phase.size = sizeof inner.phase;
  inner.stage = fmt::format("loss '{}'", choice.use);
  const AbiSettings settings(choice.settings);
  const AbiDataSpec data(building_->data);
  const atl_status status = loss.table->create(&inner, data.get(), settings.get(), &loss.instance.self);
  if (loss.instance.self != nullptr) {
    losses_.push_back(loss);
  }
  inner.check(status);
  return static_cast<atl_loss>(losses_.size());
}

// ---- Recording

void Model::make_context(atl_context& context, execute::Session& session, const atl_phase_info& phase,
                         std::string stage) {
  context.model = this;
  context.session = &session;
  context.phase = phase;
  context.phase.size = sizeof context.phase;
  context.stage = std::move(stage);
}

void Model::train_step(execute::Session& session, BatchSource& batch, const atl_phase_info& phase,
                       GroupUpdates& updates) {
  atl_context context;
  make_context(context, session, phase, {});
  context.phase.phase = ATL_PHASE_TRAIN;
  context.phase.training = 1;
  context.phase.batch_size = batch.size();
  context.batch = &batch;
  context.updates = &updates;
  const atl_status status = table_->train_step(instance_.self, &context);
  reset_floating_point();
  if (status != ATL_OK || context.failure != ATL_OK) {
    context.stage = fmt::format("model '{}', training step {}", recipe_.model.use, phase.step);
    context.check(status);
  }
}

void Model::evaluate(execute::Session& session, BatchSource& batch, const atl_phase_info& phase) {
  atl_context context;
  make_context(context, session, phase, fmt::format("model '{}', evaluation", recipe_.model.use));
  context.phase.phase = ATL_PHASE_EVALUATE;
  context.phase.batch_size = batch.size();
  context.batch = &batch;
  const atl_status status = table_->evaluate(instance_.self, &context);
  reset_floating_point();
  context.check(status);
}

std::optional<uint32_t> Model::sample(execute::Session& session, int64_t n, const atl_phase_info& phase) {
  atl_context context;
  make_context(context, session, phase, fmt::format("model '{}', sampling", recipe_.model.use));
  context.phase.phase = ATL_PHASE_SAMPLE;
  context.phase.batch_size = n;
  atl_tensor images = 0;
  const atl_status status = table_->sample(instance_.self, &context, n, &images);
  reset_floating_point();
  context.check(status);
  if (images == 0) {
    return std::nullopt;
  }
  const auto value = static_cast<uint32_t>(images) - 1;
  const catalog::FieldSpec* field = recipe_.data.find("image");
  record::TensorType expected{tensor::Shape{n}, recipe_.real};
  for (size_t i = 0; field != nullptr && i < field->dims.rank(); ++i) {
    expected.shape.append(field->dims[i]);
  }
  if (static_cast<uint32_t>(images >> 32U) != session.generation() || value >= session.value_count() ||
      !(session.type(value) == expected)) {
    throw Error(ErrorKind::shape, "{}: got {}, expected images of {}", context.stage,
                value < session.value_count() ? record::to_string(session.type(value)) : "a tensor of another step",
                record::to_string(expected));
  }
  return value;
}

void Model::minimize(atl_context& context, const std::string& name, uint32_t loss, record::Location location) {
  for (size_t g = 0; g < bank_.groups.size(); ++g) {
    if (bank_.groups[g].name != name) {
      continue;
    }
    double scalars[record::UpdateRule::max_scalars] = {};
    const double share = context.updates->begin_update(g, scalars);
    context.session->minimize(g, loss, scalars, location, share);
    return;
  }
  throw Error(ErrorKind::plugin, "{}: minimize: there is no parameter group '{}'{}", to_string(location), name,
              did_you_mean(name, group_names()));
}

atl_status Model::call_loss(atl_context& context, atl_loss loss, int32_t function, const atl_tensor* inputs,
                            uint64_t count, const atl_network* network, atl_tensor* output) {
  if (loss == 0 || loss > losses_.size()) {
    throw Error(ErrorKind::plugin, "a loss that was not looked up with build.loss(\"…\")");
  }
  const BuiltLoss& built = losses_[loss - 1];
  return built.table->call(built.instance.self, &context, function, inputs, count, network, output);
}

}  // namespace atelier::plugin
