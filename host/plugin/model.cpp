#include "plugin/model.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "base/text.hpp"
#include "graph/average.hpp"
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

// ---- Optimizer

Optimizer::Optimizer(const Registry& registry, const ComponentChoice& choice) : table_(registry.optimizer(choice.use)) {
  const auto rate = choice.settings.find("learning_rate");
  if (rate == choice.settings.end() || !std::holds_alternative<double>(rate->second)) {
    throw Error(ErrorKind::plugin, "the optimizer '{}' describes no number 'learning_rate'", choice.use);
  }
  atl_context context;
  context.stage = fmt::format("optimizer '{}'", choice.use);
  beginning_ = std::make_unique<atl_context>();
  beginning_->stage = fmt::format("optimizer '{}', the beginning of an update", choice.use);
  updating_ = std::make_unique<atl_context>();
  updating_->stage = fmt::format("optimizer '{}', an update", choice.use);
  const AbiSettings settings(choice.settings);
  try {
    context.check(table_.create(&context, settings.get(), &self_));
    read_slots(context, choice.use);
  } catch (...) {  // a destructor does not run for what was not constructed
    destroy();
    throw;
  }
}

Optimizer::~Optimizer() {
  destroy();
}

void Optimizer::destroy() {
  if (self_ != nullptr) {
    table_.destroy(self_);
  }
}

void Optimizer::read_slots(atl_context& context, const std::string& use) {
  const atl_string* names = nullptr;
  uint64_t count = 0;
  context.check(table_.slots(self_, &names, &count));
  if (count > max_slots) {
    throw Error(ErrorKind::plugin, "optimizer '{}': keeps {} arrays, at most {} are possible", use, count, max_slots);
  }
  for (uint64_t i = 0; i < count; ++i) {
    slots_.push_back(own(names[i]));
  }
}

void Optimizer::begin_update(int64_t t, double learning_rate, double* scalars) {
  const atl_update update{sizeof(atl_update), t, learning_rate};
  const atl_status status = table_.begin_update(self_, beginning_.get(), &update, scalars);
  reset_floating_point();
  beginning_->check(status);
}

void Optimizer::update(const double* scalars, uint64_t count, float* parameter, const float* gradient,
                       float* const* slots) const {
  const atl_status status = table_.update(self_, updating_.get(), scalars, count, parameter, gradient, slots);
  if (status != ATL_OK) {
    updating_->latch(status, "the plugin gave no reason");
  }
}

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
  for (const graph::ParameterGroup& group : bank_.groups) {
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
  auto parameter = std::make_unique<graph::Parameter>();
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
      auto group = std::ranges::find(bank_.groups, group_name, &graph::ParameterGroup::name);
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
  const ComponentChoice& choice = found->second;
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

void Model::set_optimizer(size_t group, std::unique_ptr<Optimizer> optimizer, double clip_norm, double average) {
  optimizers_.resize(bank_.groups.size());
  learning_rates_.resize(bank_.groups.size());
  updates_.resize(bank_.groups.size(), 0);
  graph::ParameterGroup& target = bank_.groups[group];
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
    graph::Parameter& parameter = *bank_.parameters[member];
    parameter.slots.clear();
    for (size_t i = 0; optimizer && i < optimizer->slots().size(); ++i) {
      parameter.slots.emplace_back(parameter.value.bytes());
    }
    if (target.average > 0) {
      parameter.slots.push_back(tensor::copy_of(parameter.value.storage));
    }
  }
  optimizers_[group] = std::move(optimizer);
}

void Model::check_updates() const {
  for (const auto& optimizer : optimizers_) {
    if (optimizer) {
      optimizer->check();
    }
  }
}

void Model::set_learning_rate(size_t group, std::function<double(int64_t t)> learning_rate) {
  learning_rates_[group] = std::move(learning_rate);
}

// ---- Recording

void Model::make_context(atl_context& context, graph::Session& session, const atl_phase_info& phase,
                         std::string stage) {
  context.model = this;
  context.session = &session;
  context.phase = phase;
  context.phase.size = sizeof context.phase;
  context.stage = std::move(stage);
}

void Model::train_step(graph::Session& session, BatchSource& batch, const atl_phase_info& phase) {
  atl_context context;
  make_context(context, session, phase, {});
  context.phase.phase = ATL_PHASE_TRAIN;
  context.phase.training = 1;
  context.phase.batch_size = batch.size();
  context.batch = &batch;
  const atl_status status = table_->train_step(instance_.self, &context);
  reset_floating_point();
  if (status != ATL_OK || context.failure != ATL_OK) {
    context.stage = fmt::format("model '{}', training step {}", recipe_.model.use, phase.step);
    context.check(status);
  }
}

void Model::evaluate(graph::Session& session, BatchSource& batch, const atl_phase_info& phase) {
  atl_context context;
  make_context(context, session, phase, fmt::format("model '{}', evaluation", recipe_.model.use));
  context.phase.phase = ATL_PHASE_EVALUATE;
  context.phase.batch_size = batch.size();
  context.batch = &batch;
  const atl_status status = table_->evaluate(instance_.self, &context);
  reset_floating_point();
  context.check(status);
}

std::optional<uint32_t> Model::sample(graph::Session& session, int64_t n, const atl_phase_info& phase) {
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
  const FieldSpec* field = recipe_.data.find("image");
  graph::TensorType expected{tensor::Shape{n}, recipe_.real};
  for (size_t i = 0; field != nullptr && i < field->dims.rank(); ++i) {
    expected.shape.append(field->dims[i]);
  }
  if (static_cast<uint32_t>(images >> 32U) != session.generation() || value >= session.value_count() ||
      !(session.type(value) == expected)) {
    throw Error(ErrorKind::shape, "{}: got {}, expected images of {}", context.stage,
                value < session.value_count() ? graph::to_string(session.type(value)) : "a tensor of another step",
                graph::to_string(expected));
  }
  return value;
}

void Model::minimize(atl_context& context, const std::string& name, uint32_t loss, graph::Location location) {
  for (size_t g = 0; g < bank_.groups.size(); ++g) {
    if (bank_.groups[g].name != name) {
      continue;
    }
    double scalars[graph::UpdateRule::max_scalars] = {};
    double share = 0;
    if (graph::UpdateRule* rule = bank_.groups[g].rule; rule != nullptr) {
      const int64_t t = ++updates_[g];
      rule->begin_update(t, learning_rates_[g](t), scalars);
      share = graph::average_share(bank_.groups[g].average, t);
    }
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
