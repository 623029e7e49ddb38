#include "plugin/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "base/text.hpp"
#include "catalog/names.hpp"
#include "plugin/activity.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/handles.hpp"
#include "plugin/initializer.hpp"
#include "tensor/memory.hpp"

namespace atelier::plugin {
namespace {

constexpr uint64_t most_names = 1000;  // of outputs or views

bool is_integer(const tensor::Tensor& tensor) {
  return tensor.dtype == tensor::DType::i64;
}

// Converts between the precisions that weights are kept in. Both are of reals, or both of int64.
void copy_values(const tensor::Tensor& from, tensor::Tensor& to) {
  if (from.dtype == to.dtype) {
    std::memcpy(to.storage.data(), from.storage.data(), from.bytes());
  } else {
    const auto* values = from.storage.as<float>();
    std::copy_n(values, from.shape.elements(), to.storage.as<double>());
  }
}

// A network as the loss that it is handed to sees it: while it is called, its model is at work again.
struct LentNetwork {
  atl_network table{};
  const atl_network& own;
  const Component& component;
  atl_context& context;

  LentNetwork(const atl_network& network, const Component& model, atl_context& of)
      : own(network), component(model), context(of) {
    if (own.size != 0) {
      table = {sizeof table, this, own.group, call};
    }
  }
  static atl_status call(const atl_network* network, atl_context* given, const atl_tensor* inputs, uint64_t count,
                         atl_tensor* output) {
    const auto& lent = *static_cast<const LentNetwork*>(network->maker_data);
    const Activity activity(lent.component, "the network of a loss", &lent.context, lent.context.phase.step);
    return lent.own.call(&lent.own, given, inputs, count, output);
  }
};

}  // namespace

template <typename Table>
const Table* Model::own_extension(const char* interface_name) const {
  const Activity activity(component_, "what else it offers");
  return plugin::extension<Table>(*table_, instance_.self(), interface_name);
}

// ---- Building

Model::Model(const Registry& registry, const ModelRecipe& recipe, ForeignModels foreign)
    : registry_(registry),
      recipe_(recipe),
      component_(registry.get(catalog::Kind::model, recipe.model.use)),
      table_(&registry.model(recipe.model.use)),
      features_(registry, std::move(foreign),
                [this](const ForeignModel& model, const std::string& prefix) {
                  return build({&model.recipe, prefix, &model});
                }),
      instance_(build({&recipe_, "", nullptr})) {
  find_sampled_field();
}

Instance Model::build(const Building& building) {
  const ModelRecipe& recipe = *building.recipe;
  atl_context context;
  context.model = this;
  context.phase.size = sizeof context.phase;
  context.stage = fmt::format("model '{}'", recipe.model.use);
  const atl_model_v1& table = registry_.model(recipe.model.use);
  const AbiSettings settings(recipe.model.settings);
  const AbiDataSpec data(recipe.data);
  const Component& component = registry_.get(catalog::Kind::model, recipe.model.use);
  Instance instance(component, table.destroy);
  atl_status status = ATL_OK;
  while_building(building, [&] {
    const Activity activity(component, "constructor", &context);
    status = table.create(&context, data.get(), settings.get(), instance.created());
  });
  reset_floating_point();
  context.check(status);
  return instance;
}

void Model::while_building(const std::function<void()>& create) {
  while_building({&recipe_, "", nullptr}, create);
}

void Model::while_building(const Building& building, const std::function<void()>& create) {
  const Building outer = std::exchange(building_, building);
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
  if (building_.recipe == nullptr) {
    throw Error(ErrorKind::phase, "parameters are declared in the constructor only");
  }
  const std::string name = own(info.name);
  const std::string full = building_.prefix + name;
  if (name.empty() || name.find('/') != std::string::npos || !catalog::problem_of_text(name).empty()) {
    throw Error(ErrorKind::plugin, "{} is no name for a parameter", catalog::quoted(name));
  }
  if (std::ranges::any_of(bank_.parameters, [&](const auto& other) { return other->name == full; })) {
    throw Error(ErrorKind::plugin, "the parameter '{}' is declared twice; hint: give each layer a scope of its own",
                full);
  }
  auto parameter = std::make_unique<record::Parameter>();
  parameter->name = full;
  parameter->foreign = building_.foreign != nullptr;
  tensor::Shape shape;
  tensor::DType dtype{};
  try {
    shape = tensor::Shape(span_of<int64_t>(info.dims, info.rank, tensor::Shape::max_rank, "its shape"));
    dtype = dtype_of(info);
  } catch (const Error& error) {
    throw Error(error.kind(), "the parameter '{}': {}", full, error.what());
  }
  parameter->value = zeros(full, shape, dtype, bank_);
  const auto index = static_cast<uint32_t>(bank_.parameters.size());
  if (building_.foreign != nullptr) {
    const auto found = building_.foreign->weights.find(name);
    if (found == building_.foreign->weights.end() || !(found->second.shape == parameter->value.shape) ||
        is_integer(found->second) != is_integer(parameter->value)) {
      throw Error(ErrorKind::plugin, "the log of the other run has no {} for '{}' of shape {}",
                  is_integer(parameter->value) ? "whole numbers" : "weights", name,
                  tensor::to_string(parameter->value.shape));
    }
    copy_values(found->second, parameter->value);
  } else {
    if (recipe_.begins) {
      begin(*parameter, info, index);
    }
    if (info.group.size > 0) {
      const std::string group_name = own(info.group);
      if (const std::string problem = catalog::problem_of_name(group_name); !problem.empty()) {
        throw Error(ErrorKind::plugin, "the parameter group {} {}", catalog::quoted(group_name), problem);
      }
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

tensor::DType Model::dtype_of(const atl_parameter_info& info) const {
  if (info.dtype == ATL_INT64 && info.group.size == 0) {
    return tensor::DType::i64;
  }
  if (info.dtype != ATL_REAL) {
    throw Error(ErrorKind::plugin, "has the dtype {}, expected ATL_REAL, or ATL_INT64 for a state tensor", info.dtype);
  }
  return recipe_.real;
}

void Model::begin(record::Parameter& parameter, const atl_parameter_info& info, uint32_t index) const {
  const auto owner = [&] {
    return fmt::format("the parameter '{}', {}, with first values beside it, {},", parameter.name,
                       tensor::described(parameter.value.shape, parameter.value.dtype),
                       human_bytes(2 * static_cast<double>(parameter.value.bytes())));
  };
  tensor::take_memory(owner, "smaller layers", [&] {
    try {
      initialize(parameter.value, info, recipe_.seed, index, recipe_.directory);
    } catch (const Error& error) {
      throw Error(error.kind(), "the parameter '{}': {}", parameter.name, error.what());
    }
  });
}

atl_loss Model::find_loss(atl_context&, const std::string& slot) {
  if (building_.recipe == nullptr) {
    throw Error(ErrorKind::phase, "losses are looked up in the constructor only");
  }
  const auto found = building_.recipe->losses.find(slot);
  if (found == building_.recipe->losses.end()) {
    std::vector<std::string> known;
    for (const auto& [name, choice] : building_.recipe->losses) {
      known.push_back(name);
    }
    throw Error(ErrorKind::plugin, "the description has no loss slot '{}'{}", slot,
                instead_of(slot, known, "none: it declares no loss slots"));
  }
  const catalog::ComponentChoice& choice = found->second;
  const Component& component = registry_.get(catalog::Kind::loss, choice.use);
  const atl_loss_v1& table = registry_.loss(choice.use);
  BuiltLoss loss{&component, &table, Instance(component, table.destroy)};
  atl_context inner;
  inner.model = this;
  inner.phase.size = sizeof inner.phase;
  inner.stage = fmt::format("loss '{}'", choice.use);
  const AbiSettings settings(choice.settings);
  const AbiDataSpec data(building_.recipe->data);
  {
    const Activity activity(component, "constructor", &inner);
    const atl_status status = table.create(&inner, data.get(), settings.get(), loss.instance.created());
    reset_floating_point();
    inner.check(status);
  }
  losses_.push_back(std::move(loss));
  return static_cast<atl_loss>(losses_.size());
}

atl_features Model::find_features(const std::string& run) {
  return features_.find(run, building_.recipe == nullptr ? nullptr : &building_.recipe->data);
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
  const Activity activity(component_, "train_step", &context, phase.step);
  const atl_status status = table_->train_step(instance_.self(), &context);
  reset_floating_point();
  if (status != ATL_OK || context.failed()) {
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
  const Activity activity(component_, "evaluate", &context);
  const atl_status status = table_->evaluate(instance_.self(), &context);
  reset_floating_point();
  context.check(status);
}

const std::string& Model::sampled_field() const {
  return sampled_field_;
}

void Model::find_sampled_field() {
  const Activity activity(component_, "the field that its samples are like");
  atl_string name{};
  if (table_->sampled_field(instance_.self(), &name) != ATL_OK) {
    throw Error(ErrorKind::plugin, "model '{}': does not say which field its samples are like", recipe_.model.use);
  }
  sampled_field_ = own(name);
}

std::optional<uint32_t> Model::sample(execute::Session& session, int64_t n, const atl_phase_info& phase) {
  atl_context context;
  make_context(context, session, phase, fmt::format("model '{}', sampling", recipe_.model.use));
  context.phase.phase = ATL_PHASE_SAMPLE;
  context.phase.batch_size = n;
  const catalog::FieldSpec* field = recipe_.data.find(sampled_field_);
  if (field == nullptr) {  // it makes none, or none of this data
    return std::nullopt;
  }
  atl_tensor samples = 0;
  const Activity activity(component_, "sample", &context);
  const atl_status status = table_->sample(instance_.self(), &context, n, &samples);
  reset_floating_point();
  context.check(status);
  if (const std::string problem = problem_of_samples(session, *field, n, recipe_.real, samples); !problem.empty()) {
    throw Error(ErrorKind::shape, "{}: {}", context.stage, problem);
  }
  return from_handle(session, samples).value;
}

void Model::minimize(atl_context& context, const std::string& name, uint32_t loss, record::Location location) {
  for (size_t g = 0; g < bank_.groups.size(); ++g) {
    if (bank_.groups[g].name != name) {
      continue;
    }
    if (context.updates->records(g)) {
      return context.updates->record_update(g, context, loss, location);
    }
    double scalars[record::UpdateRule::max_scalars] = {};
    const double share = context.updates->begin_update(g, scalars);
    context.session->minimize(g, loss, scalars, location, share);
    return;
  }
  throw Error(ErrorKind::plugin, "{}: minimize: there is no parameter group '{}'{}", to_string(location), name,
              instead_of(name, group_names(), "none: the model has no parameters with a group"));
}

void Model::call_loss(atl_context& context, const LossCall& call, atl_tensor* output) {
  if (call.loss == 0 || call.loss > losses_.size()) {
    throw Error(ErrorKind::plugin, "{}: a loss that was not looked up with build.loss(\"…\")",
                to_string(record::Location{call.location.file, call.location.line}));
  }
  const BuiltLoss& built = losses_[call.loss - 1];
  const std::string& role = built.component->description.role;
  LentNetwork network(*call.network, component_, context);
  const Activity activity(*built.component, function_name(role, call.function), &context, context.phase.step);
  const atl_status status = built.table->call(built.instance.self(), &context, call.function, call.inputs.data(),
                                              call.inputs.size(), &network.table, output);
  if (status != ATL_OK) {
    context.latch(status, "failed without saying why");
  } else if (const std::string problem = problem_of_loss(*context.session, role, call, *output);
             !context.failed() && !problem.empty()) {
    context.latch(ATL_ERROR_SHAPE, fmt::format("{}: {}; it was called at {}", activity.callback(), problem,
                                               to_string(record::Location{call.location.file, call.location.line})));
  }
}

// ---- Outputs

void Model::apply_output(atl_context& context, const std::string& name, int64_t draws, atl_location location,
                         atl_tensor* output) {
  const auto* outputs = own_extension<atl_outputs_v1>(ATL_OUTPUTS_V1);
  const Activity activity(component_, "output", &context);
  const atl_string* names = nullptr;
  uint64_t count = 0;
  std::vector<std::string> known;
  if (outputs != nullptr && outputs->names(instance_.self(), &names, &count) == ATL_OK) {
    std::ranges::transform(span_of<atl_string>(names, count, most_names, "the model's list of outputs"),
                           std::back_inserter(known), own);
  }
  if (outputs == nullptr || std::ranges::find(known, name) == known.end()) {
    throw Error(ErrorKind::unsupported, "{}: the model '{}' has no output '{}', it has {}",
                to_string(record::Location{location.file, location.line}), recipe_.model.use, name, list_of(known));
  }
  const atl_status status = outputs->apply(instance_.self(), &context, borrow(name), draws, output);
  if (status != ATL_OK) {
    context.latch(status, fmt::format("the output '{}' failed without saying why", name));
  } else if (const std::string problem =
                 problem_of_output(*context.session, name, context.phase.batch_size, draws, recipe_.data, *output);
             !context.failed() && !problem.empty()) {
    context.latch(ATL_ERROR_SHAPE, fmt::format("the output '{}': {}", name, problem));
  } else if (!context.failed()) {
    context.session->expect_finite(
        from_handle(*context.session, *output).value);  // what a metric makes of it may not show it
  }
}

Model::OwnMetric Model::own_metric() const {
  return {own_extension<atl_metric_v1>(ATL_METRIC_V1), instance_.self()};
}

// ---- Views

std::vector<ViewDescription> Model::views() const {
  std::vector<ViewDescription> out;
  const auto* views = own_extension<atl_views_v1>(ATL_VIEWS_V1);
  const Activity activity(component_, "the list of its views");
  const atl_view* first = nullptr;
  uint64_t count = 0;
  if (views != nullptr && views->list(instance_.self(), &first, &count) == ATL_OK) {
    for_each(first, count, most_names, fmt::format("model '{}': view", recipe_.model.use), [&](const atl_view& view) {
      out.push_back({own(view.name), own(view.help), own(view.field), view.uses_data != 0, view.animation != 0});
    });
  }
  return out;
}

uint32_t Model::draw_view(execute::Session& session, const std::string& name, int64_t n, BatchSource* batch) {
  const auto* views = own_extension<atl_views_v1>(ATL_VIEWS_V1);
  atl_context context;
  make_context(context, session, {}, fmt::format("model '{}', view '{}'", recipe_.model.use, name));
  context.phase.phase = ATL_PHASE_SAMPLE;
  context.phase.batch_size = n;
  context.batch = batch;
  atl_tensor strips = 0;
  const Activity activity(component_, "view", &context);
  const atl_status status = views->draw(instance_.self(), &context, borrow(name), n, &strips);
  reset_floating_point();
  context.check(status);
  const std::vector<ViewDescription> known = this->views();
  const auto description = std::ranges::find(known, name, &ViewDescription::name);
  const catalog::FieldSpec* field = description == known.end() ? nullptr : recipe_.data.find(description->field);
  const DecodedHandle decoded = from_handle(session, strips);
  const record::TensorType type = decoded ? session.type(decoded.value) : record::TensorType{};
  const std::string problem = problem_of_strips(type, field, n, recipe_.real);
  if (!decoded || !problem.empty()) {
    throw Error(ErrorKind::shape, "{}: got {}, expected {}", context.stage,
                decoded ? record::to_string(type) : "nothing", problem);
  }
  return decoded.value;
}

}  // namespace atelier::plugin
