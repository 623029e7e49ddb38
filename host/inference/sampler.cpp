#include "inference/sampler.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "data/chosen_samples.hpp"
#include "execute/average.hpp"
#include "execute/finite_run.hpp"

namespace atelier::inference {

using execute::run_finite;

namespace {

// Images are made so many at a time, always, so that an image's bits do not depend on how many are asked for.
constexpr int64_t sampling_chunk = 64;

const tensor::Tensor& requested(const execute::StepResults& results) {
  const auto found = std::ranges::find(results.entries, record::OutputKind::requested, &execute::StepResult::kind);
  ATELIER_CHECK(found != results.entries.end());
  return *found->tensor;
}

// The place of the first `count` rows of a value.
uint32_t first_rows(execute::Session& session, uint32_t value, int64_t count) {
  const record::OperationRegistry& registry = record::OperationRegistry::instance();
  record::RawAttribute attributes[3] = {};
  const int64_t numbers[] = {0, 0, count};
  for (size_t i = 0; i < 3; ++i) {
    attributes[i].type = record::AttributeType::integer;
    attributes[i].integer = numbers[i];
  }
  return session.apply(registry.get("slice/1"), std::span(&value, 1), attributes, {});
}

}  // namespace

Sampler::Sampler(BuiltModel& model) : model_(model), session_(model.session(execute::Mode::sample)) {}

bool Sampler::makes_samples() const {
  return model_.spec().find(model_.model().sampled_field()) != nullptr;
}

bool Sampler::makes_images() const {
  const catalog::FieldSpec* field = model_.spec().find(model_.model().sampled_field());
  return field != nullptr && field->dims.rank() == 3 && (field->dims[0] == 1 || field->dims[0] == 3);
}

pictures::ImageStack Sampler::sample(int64_t count, uint64_t seed, const PartDone& part_done) {
  const execute::AveragedWeights averaged(model_.bank());
  const catalog::FieldSpec& image = *model_.spec().find(model_.model().sampled_field());
  pictures::ImageStack out{count, image.dims[1], image.dims[2], image.dims[0], {}};
  generate(
      count, seed, [](execute::Session&, uint32_t images, int64_t) { return std::vector<uint32_t>{images}; },
      [&](const execute::StepResults& results) {
        const tensor::Tensor& made = requested(results);
        pictures::append_images(made.storage.as<float>(), made.shape[0], image.low, image.high, out);
      },
      part_done);
  return out;
}

tensor::Tensor Sampler::values(int64_t count, uint64_t seed, const PartDone& part_done) {
  const execute::AveragedWeights averaged(model_.bank());
  tensor::Tensor out;
  size_t filled = 0;
  generate(
      count, seed, [](execute::Session&, uint32_t samples, int64_t) { return std::vector<uint32_t>{samples}; },
      [&](const execute::StepResults& results) {
        const tensor::Tensor& made = requested(results);
        if (filled == 0) {
          tensor::Shape shape{count};
          std::ranges::for_each(made.shape.dims().subspan(1), [&](int64_t length) { shape.append(length); });
          out = tensor::Tensor(shape, made.dtype);
        }
        std::memcpy(out.storage.data() + filled, made.storage.data(), made.bytes());
        filled += made.bytes();
      },
      part_done);
  return out;
}

void Sampler::generate(
    int64_t count, uint64_t seed,
    const std::function<std::vector<uint32_t>(execute::Session&, uint32_t samples, int64_t n)>& record,
    const std::function<void(const execute::StepResults&)>& take, const PartDone& part_done) {
  for (int64_t first = 0; first < count; first += sampling_chunk) {
    const auto record_chunk = [&](const record::Observation& observation) {
      session_->begin({seed, purpose_sampling, 0, first}, observation);
      uint32_t samples = samples_of(sampling_chunk);
      if (const int64_t rest = count - first; rest < sampling_chunk) {
        samples = first_rows(*session_, samples, rest);
      }
      session_->expect_finite(samples);
      session_->end(record(*session_, samples, std::min(sampling_chunk, count - first)));
    };
    take(run_finite(*session_, record_chunk, "sampling"));
    if (part_done) {
      part_done(std::min(count, first + sampling_chunk), count);
    }
  }
}

uint32_t Sampler::samples_of(int64_t n) {
  const std::optional<uint32_t> made = model_.model().sample(*session_, n, {});
  if (!made) {
    throw Error(ErrorKind::plugin, "the model '{}' makes no samples", model_.model().recipe().model.use);
  }
  return *made;
}

pictures::Strips Sampler::draw_view(const std::string& name, int64_t count, uint64_t seed,
                                    const data::ExperimentData& data) {
  const std::vector<plugin::ViewDescription> views = model_.model().views();
  const auto view = std::ranges::find(views, name, &plugin::ViewDescription::name);
  if (view == views.end()) {
    std::string known;
    for (const plugin::ViewDescription& candidate : views) {
      known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", candidate.name, candidate.help);
    }
    throw Error(ErrorKind::usage, "--view: the model '{}' has no view '{}', it has {}",
                model_.model().recipe().model.use, name, known.empty() ? "none" : known);
  }
  const catalog::FieldSpec* image = model_.spec().find("image");
  if (image == nullptr) {
    throw Error(
        ErrorKind::data,
        "--view: the data has no field 'image', whose range of values says what is black and what is white in a "
        "picture");
  }
  std::optional<data::ChosenSamples> samples;
  if (view->uses_data) {
    const data::Subsets& subsets = data.subsets();
    samples.emplace(data, subsets.test.count > 0 ? subsets.test : subsets.validation, count, seed);
  }
  const execute::AveragedWeights averaged(model_.bank());
  const auto record = [&](const record::Observation& observation) {
    session_->begin({seed, purpose_sampling, 0, 0}, observation);
    const uint32_t strips =
        model_.model().draw_view(*session_, name, samples ? samples->size() : count, samples ? &*samples : nullptr);
    session_->end(std::span(&strips, 1));
  };
  const tensor::Tensor& values = requested(run_finite(*session_, record, fmt::format("the view '{}'", name)));
  const tensor::Shape& shape = values.shape;
  if (shape.rank() != 5 || (shape[2] != 1 && shape[2] != 3)) {
    throw Error(ErrorKind::usage, "--view: the view '{}' draws {}, and a picture shows images of 1 or 3 channels", name,
                tensor::to_string(shape));
  }
  const int64_t images = shape[0] * shape[1];
  pictures::Strips out{{images, shape[3], shape[4], shape[2], {}}, shape[1], view->animation};
  pictures::append_images(values.storage.as<float>(), images, image->low, image->high, out.images);
  return out;
}

}  // namespace atelier::inference
