// What a model may offer beyond training and sampling: features for other models, outputs for metrics, pictures.
#include <algorithm>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "base/text.hpp"
#include "plugin/model.hpp"

namespace atelier::plugin {

// ---- Features of another run's model

atl_features Model::find_features(atl_context&, const std::string& run) {
  if (building_ == nullptr || !foreign_models_) {
    throw Error(ErrorKind::plugin, "features('{}'): other runs' models are looked up in the constructor only", run);
  }
  const catalog::DataSpec ours = building_->data;
  foreign_.push_back(foreign_models_(run));
  const ForeignModel& foreign = foreign_.back();
  const std::string prefix = fmt::format("features.{}.", foreign_.size() - 1);
  BuiltFeatures built;
  built.table = &registry_.model(foreign.recipe.model.use);
  const ForeignModel* const outer = std::exchange(building_foreign_, &foreign);
  try {
    built.instance = build(foreign.recipe, prefix);
  } catch (...) {
    building_foreign_ = outer;
    throw;
  }
  building_foreign_ = outer;
  built.features =
      static_cast<const atl_features_v1*>(built.table->extension(built.instance.self, borrow(ATL_FEATURES_V1)));
  features_.push_back(built);
  if (built.features == nullptr) {
    throw Error(ErrorKind::plugin, "features('{}'): the model '{}' offers none", run, foreign.recipe.model.use);
  }
  const catalog::FieldSpec* from = ours.find("image");
  const catalog::FieldSpec* to = foreign.recipe.data.find("image");
  if (from == nullptr || to == nullptr || !(from->dims == to->dims)) {
    throw Error(ErrorKind::plugin, "features('{}'): that model sees images of {}, this run has {}", run,
                to == nullptr ? "nothing" : tensor::to_string(to->dims),
                from == nullptr ? "none" : tensor::to_string(from->dims));
  }
  BuiltFeatures& done = features_.back();
  const atl_string* names = nullptr;
  uint64_t count = 0;
  if (done.features->names(done.instance.self, &names, &count) == ATL_OK) {
    for (uint64_t i = 0; i < count; ++i) {
      done.names.push_back(own(names[i]));
    }
  }
  done.scale = (to->high - to->low) / (from->high - from->low);
  done.shift = to->low - from->low * done.scale;
  return static_cast<atl_features>(features_.size());
}

atl_status Model::apply_features(atl_context& context, atl_features handle, atl_tensor images, const atl_string* names,
                                 uint64_t count, atl_location location, atl_tensor* outputs) {
  if (handle == 0 || handle > features_.size()) {
    throw Error(ErrorKind::plugin, "features that were not looked up with build.features(\"…\")");
  }
  const BuiltFeatures& built = features_[handle - 1];
  execute::Session& session = *context.session;
  const record::Location at{location.file, location.line};
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view name(names[i].data, names[i].size);
    if (std::ranges::find(built.names, name) == built.names.end()) {
      throw Error(ErrorKind::plugin, "{}: the other run's model has no feature '{}', expected {}{}", to_string(at),
                  name, one_of(built.names), did_you_mean(std::string(name), built.names));
    }
  }
  const record::OperationRegistry& registry = record::OperationRegistry::instance();
  const auto scalar = [&](double value) {
    record::RawAttribute attribute{record::AttributeType::number, 0, {}};
    attribute.number = value;
    return session.apply(registry.get("scalar/1"), {}, std::span(&attribute, 1), at);
  };
  auto value = static_cast<uint32_t>(images) - 1;
  if (static_cast<uint32_t>(images >> 32U) != session.generation() || value >= session.value_count()) {
    throw Error(ErrorKind::plugin, "features: got a tensor of another step");
  }
  if (built.scale != 1 || built.shift != 0) {
    const uint32_t scaled[] = {value, scalar(built.scale)};
    const uint32_t shifted[] = {session.apply(registry.get("mul/1"), scaled, {}, at), scalar(built.shift)};
    value = session.apply(registry.get("add/1"), shifted, {}, at);
  }
  const int32_t training = std::exchange(context.phase.training, 0);
  const atl_tensor handle_of_images = (static_cast<uint64_t>(session.generation()) << 32U) | (value + 1);
  const atl_status status =
      built.features->apply(built.instance.self, &context, handle_of_images, names, count, outputs);
  context.phase.training = training;
  return status;
}

// ---- Outputs

namespace {

template <typename Table>
const Table* extension_of(const atl_model_v1& model, void* self, const char* interface_name) {
  return static_cast<const Table*>(model.extension(self, borrow(interface_name)));
}

}  // namespace

atl_status Model::apply_output(atl_context& context, const std::string& name, int64_t draws, atl_location location,
                               atl_tensor* output) {
  const auto* outputs = extension_of<atl_outputs_v1>(*table_, instance_.self, ATL_OUTPUTS_V1);
  const atl_string* names = nullptr;
  uint64_t count = 0;
  std::vector<std::string> known;
  if (outputs != nullptr && outputs->names(instance_.self, &names, &count) == ATL_OK) {
    std::transform(names, names + count, std::back_inserter(known), own);
  }
  if (std::ranges::find(known, name) == known.end()) {
    throw Error(ErrorKind::plugin, "{}: the model '{}' has no output '{}', it has {}",
                to_string(record::Location{location.file, location.line}), recipe_.model.use, name,
                known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
  }
  return outputs->apply(instance_.self, &context, borrow(name), draws, output);
}

// ---- Views

std::vector<ViewDescription> Model::views() const {
  std::vector<ViewDescription> out;
  const auto* views = extension_of<atl_views_v1>(*table_, instance_.self, ATL_VIEWS_V1);
  const atl_view* first = nullptr;
  uint64_t count = 0;
  if (views != nullptr && views->list(instance_.self, &first, &count) == ATL_OK) {
    const char* at = reinterpret_cast<const char*>(first);
    for (uint64_t i = 0; i < count; ++i, at += first->size) {
      const auto& view = *reinterpret_cast<const atl_view*>(at);
      out.push_back({own(view.name), own(view.help), view.uses_data != 0, view.animation != 0});
    }
  }
  return out;
}

uint32_t Model::draw_view(execute::Session& session, const std::string& name, int64_t n, BatchSource* batch) {
  const auto* views = extension_of<atl_views_v1>(*table_, instance_.self, ATL_VIEWS_V1);
  atl_context context;
  make_context(context, session, {}, fmt::format("model '{}', view '{}'", recipe_.model.use, name));
  context.phase.phase = ATL_PHASE_SAMPLE;
  context.phase.batch_size = n;
  context.batch = batch;
  atl_tensor strips = 0;
  const atl_status status = views->draw(instance_.self, &context, borrow(name), n, &strips);
  reset_floating_point();
  context.check(status);
  const auto value = static_cast<uint32_t>(strips) - 1;
  const bool is_ours = static_cast<uint32_t>(strips >> 32U) == session.generation() && value < session.value_count();
  const record::TensorType type = is_ours ? session.type(value) : record::TensorType{};
  constexpr size_t axes = 5;
  if (type.shape.rank() != axes || (type.shape[2] != 1 && type.shape[2] != 3) || type.dtype != recipe_.real) {
    throw Error(ErrorKind::shape, "{}: got {}, expected strips (n, k, C, H, W) with 1 or 3 channels", context.stage,
                is_ours ? record::to_string(type) : "nothing");
  }
  return value;
}

}  // namespace atelier::plugin
