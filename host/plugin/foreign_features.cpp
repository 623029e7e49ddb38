#include "plugin/foreign_features.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/component_data.hpp"
#include "plugin/handles.hpp"
#include "plugin/promises.hpp"

namespace atelier::plugin {
namespace {

// Another run's model may have learned on images of another range.
uint32_t rescaled(execute::Session& session, uint32_t images, double scale, double shift, record::Location at) {
  const record::OperationRegistry& registry = record::OperationRegistry::instance();
  const auto scalar = [&](double value) {
    record::RawAttribute attribute{record::AttributeType::number, 0, {}};
    attribute.number = value;
    return session.apply(registry.get("scalar/1"), {}, std::span(&attribute, 1), at);
  };
  const uint32_t factors[] = {images, scalar(scale)};
  const uint32_t terms[] = {session.apply(registry.get("mul/1"), factors, {}, at), scalar(shift)};
  return session.apply(registry.get("add/1"), terms, {}, at);
}

// Images of the same size, and of as many channels unless the model sees grey ones: such it may be shown a channel at a
// time.
bool may_be_shown(const tensor::Shape& ours, const tensor::Shape& theirs) {
  if (ours.rank() != 3 || theirs.rank() != 3 || theirs[0] != 1) {
    return ours == theirs;
  }
  return ours[1] == theirs[1] && ours[2] == theirs[2];
}

bool is_of_images(const tensor::Shape& batch, const tensor::Shape& image) {
  return batch.rank() != 4 || image.rank() != 3 ||
         (batch[1] == image[0] && batch[2] == image[1] && batch[3] == image[2]);
}

}  // namespace

ForeignFeatures::ForeignFeatures(const Registry& registry, ForeignModels models, Build build)
    : registry_(registry), models_(std::move(models)), build_(std::move(build)) {}

atl_features ForeignFeatures::find(const std::string& run, const catalog::DataSpec* ours) {
  if (ours == nullptr || !models_) {
    throw Error(ErrorKind::phase, "features('{}'): other runs' models are looked up in the constructor only", run);
  }
  const catalog::FieldSpec* from = ours->find("image");
  foreign_.push_back(models_(run));
  const ForeignModel& foreign = foreign_.back();
  Source source;
  source.component = &registry_.get(catalog::Kind::model, foreign.recipe.model.use);
  source.model = &registry_.model(foreign.recipe.model.use);
  source.instance = build_(foreign, fmt::format("features.{}.", foreign_.size() - 1));
  void* const self = source.instance.self();
  const Activity activity(*source.component, "the list of its features");
  source.table = extension<atl_features_v1>(*source.model, self, ATL_FEATURES_V1);
  if (source.table == nullptr) {
    throw Error(ErrorKind::plugin, "features('{}'): the model '{}' offers none", run, foreign.recipe.model.use);
  }
  const catalog::FieldSpec* to = foreign.recipe.data.find("image");
  if (from == nullptr || to == nullptr || !may_be_shown(from->dims, to->dims)) {
    throw Error(ErrorKind::plugin, "features('{}'): that model sees images of {}, this run has {}", run,
                to == nullptr ? "nothing" : tensor::to_string(to->dims),
                from == nullptr ? "none" : tensor::to_string(from->dims));
  }
  const atl_string* names = nullptr;
  uint64_t count = 0;
  if (source.table->names(self, &names, &count) == ATL_OK) {
    constexpr uint64_t most = 1000;
    std::ranges::transform(span_of<atl_string>(names, count, most, "the model's list of features"),
                           std::back_inserter(source.names), own);
  }
  source.run = run;
  source.image = to->dims;
  source.scale = (to->high - to->low) / (from->high - from->low);
  source.shift = to->low - from->low * source.scale;
  sources_.push_back(std::move(source));
  return static_cast<atl_features>(sources_.size());
}

void ForeignFeatures::apply(atl_context& context, atl_features features, uint32_t images,
                            std::span<const atl_string> names, atl_location location, atl_tensor* outputs) const {
  const record::Location at{location.file, location.line};
  if (features == 0 || features > sources_.size()) {
    throw Error(ErrorKind::plugin, "{}: features that were not looked up with build.features(\"…\")", to_string(at));
  }
  const Source& source = sources_[features - 1];
  for (const atl_string& wanted : names) {
    const std::string name = own(wanted);
    if (std::ranges::find(source.names, name) == source.names.end()) {
      throw Error(ErrorKind::plugin, "{}: the other run's model has no feature '{}', expected {}{}", to_string(at),
                  name, one_of(source.names, "none: it has no features"), did_you_mean(name, source.names));
    }
  }
  execute::Session& session = *context.session;
  if (const tensor::Shape& given = session.type(images).shape; !is_of_images(given, source.image)) {
    const bool are_colours = source.image[0] == 1 && given[1] != 1;
    throw Error(ErrorKind::plugin, "{}: features('{}'): that model sees images of {}, expected those and not {}{}",
                to_string(at), source.run, tensor::to_string(source.image), tensor::to_string(given),
                are_colours
                    ? "; hint: it sees grey images: a metric that shows it each channel apart, as class-histogram "
                      "does with each_channel, or an extractor of colour images"
                    : "");
  }
  const bool same_range = source.scale == 1 && source.shift == 0;
  const uint32_t seen = same_range ? images : rescaled(session, images, source.scale, source.shift, at);
  const int32_t training = std::exchange(context.phase.training, 0);
  const Activity activity(*source.component, "features", &context, context.phase.step);
  const atl_status status = source.table->apply(source.instance.self(), &context, to_handle(session, seen),
                                                names.data(), names.size(), outputs);
  context.phase.training = training;
  if (status != ATL_OK) {
    context.latch(status, "its features failed without saying why");
  }
  for (size_t i = 0; i < names.size() && !context.failed(); ++i) {
    if (const std::string problem = problem_of_feature(session, own(names[i]), outputs[i]); !problem.empty()) {
      context.latch(ATL_ERROR_SHAPE, "the feature " + problem);
    } else if (session.mode() != execute::Mode::train) {  // what a metric makes of it may not show it
      session.expect_finite(from_handle(session, outputs[i]).value);
    }
  }
}

}  // namespace atelier::plugin
