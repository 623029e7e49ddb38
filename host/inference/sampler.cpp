#include "inference/sampler.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "base/text.hpp"
#include "data/chosen_samples.hpp"
#include "execute/average.hpp"
#include "execute/finite_run.hpp"
#include "inference/shared_batches.hpp"
#include "tensor/memory.hpp"

namespace atelier::inference {

using catalog::FieldKind;
using execute::run_finite;

namespace {

constexpr int64_t most_at_a_time = 64;

const tensor::Tensor& requested(const execute::StepResults& results) {
  const auto found = std::ranges::find(results.entries, record::OutputKind::requested, &execute::StepResult::kind);
  ATELIER_CHECK(found != results.entries.end());
  return *found->tensor;
}

bool has_axis_of_time(FieldKind kind) {
  return kind == FieldKind::image_sequence || kind == FieldKind::tokens || kind == FieldKind::signal;
}

// What the host looks up by tokens has a place for each of them.
void check_tokens(const Samples& samples, const std::string& maker) {
  if (samples.like.kind != FieldKind::tokens) {
    return;
  }
  const std::span all(samples.values.storage.as<const int64_t>(), static_cast<size_t>(samples.values.shape.elements()));
  const auto wrong = std::ranges::find_if(
      all, [&](int64_t token) { return static_cast<uint64_t>(token) >= static_cast<uint64_t>(samples.like.classes); });
  if (wrong != all.end()) {
    throw Error(ErrorKind::plugin, "{}: made the token {}, expected 0 to {}: '{}' has {} classes", maker, *wrong,
                samples.like.classes - 1, samples.like.name, samples.like.classes);
  }
}

// The first part of what is asked for says how long an axis of time is; the others are to have the same length.
void append(const tensor::Tensor& part, int64_t count, const std::string& model, size_t& filled, tensor::Tensor& all) {
  tensor::Shape shape = part.shape;
  shape[0] = count;
  if (filled == 0) {
    all =
        tensor::take_memory([&] { return fmt::format("{} samples, {},", count, tensor::described(shape, part.dtype)); },
                            "fewer samples", [&] { return tensor::Tensor(shape, part.dtype); });
  }
  if (!(all.shape == shape)) {
    throw Error(ErrorKind::plugin,
                "model '{}': made samples of the shape {} after such of {}, expected one length for all that are made "
                "together",
                model, tensor::to_string(part.shape), tensor::to_string(all.shape));
  }
  std::memcpy(all.storage.data() + filled, part.storage.data(), part.bytes());
  filled += part.bytes();
}

}  // namespace

Sampler::Sampler(BuiltModel& model) : model_(model), session_(model.session(execute::Mode::sample)) {}

const catalog::FieldSpec* Sampler::sampled() const {
  return model_.spec().find(model_.model().sampled_field());
}

tensor::Shape Sampler::sample_dims() {
  const catalog::FieldSpec& like = *sampled();
  if (!has_axis_of_time(like.kind)) {
    return like.dims;
  }
  session_->begin({0, purpose_sampling, 0, 0});
  const uint32_t one = samples_of(1);
  return tensor::Shape(session_->type(one).shape.dims().subspan(1));
}

Samples Sampler::sample(int64_t count, uint64_t seed, const Shared& shared) {
  Samples out{*sampled(), values(count, seed, shared)};
  check_tokens(out, fmt::format("model '{}'", model_name()));
  return out;
}

tensor::Tensor Sampler::values(int64_t count, uint64_t seed, const Shared& shared) {
  const execute::AveragedWeights averaged(model_.bank());
  tensor::Tensor out;
  size_t filled = 0;
  generate(
      count, seed, [](execute::Session&, uint32_t samples, int64_t) { return std::vector<uint32_t>{samples}; },
      [&](const execute::StepResults& results) { append(requested(results), count, model_name(), filled, out); },
      shared);
  return out;
}

void Sampler::generate(
    int64_t count, uint64_t seed,
    const std::function<std::vector<uint32_t>(execute::Session&, uint32_t samples, int64_t n)>& record,
    const std::function<void(const execute::StepResults&)>& take, const Shared& shared) {
  SharedWork work;
  work.compute = [&](int64_t batch) -> const execute::StepResults& {
    const int64_t first = batch * most_at_a_time;
    const int64_t n = std::min(most_at_a_time, count - first);
    const auto record_some = [&](const record::Observation& observation) {
      session_->begin({seed, purpose_sampling, 0, first}, observation);
      const uint32_t samples = samples_of(n);
      session_->expect_finite(samples);
      session_->end(record(*session_, samples, n));
    };
    return run_finite(*session_, record_some, "sampling");
  };
  work.take = take;
  work.part_done = [&](int64_t done) {
    if (shared.part_done) {
      shared.part_done(std::min(done * most_at_a_time, count), count);
    }
  };
  share_batches(shared.ranks, (count + most_at_a_time - 1) / most_at_a_time, work);
}

uint32_t Sampler::samples_of(int64_t n) {
  const std::optional<uint32_t> made = model_.model().sample(*session_, n, {});
  if (!made) {
    throw Error(ErrorKind::plugin, "the model '{}' makes no samples", model_name());
  }
  return *made;
}

Samples Sampler::draw_view(const std::string& name, int64_t count, uint64_t seed, const data::ExperimentData* data) {
  const std::vector<plugin::ViewDescription> views = model_.model().views();
  const auto view = std::ranges::find(views, name, &plugin::ViewDescription::name);
  if (view == views.end()) {
    std::vector<std::string> known;
    for (const plugin::ViewDescription& candidate : views) {
      known.push_back(fmt::format("{} ({})", candidate.name, candidate.help));
    }
    throw Error(ErrorKind::usage, "--view: the model '{}' has no view '{}', it has {}", model_name(), name,
                list_of(known));
  }
  const catalog::FieldSpec* like = model_.spec().find(view->field);
  if (like == nullptr) {
    throw Error(ErrorKind::data,
                "--view: the data has no field '{}', which says of what the view '{}' draws how it is to be shown",
                view->field, name);
  }
  std::optional<data::ChosenSamples> samples;
  if (view->uses_data) {
    ATELIER_CHECK(data != nullptr);
    const data::Subsets& subsets = data->subsets();
    samples.emplace(*data, subsets.test.count > 0 ? subsets.test : subsets.validation, count, seed);
  }
  const execute::AveragedWeights averaged(model_.bank());
  const auto record = [&](const record::Observation& observation) {
    session_->begin({seed, purpose_sampling, 0, 0}, observation);
    const uint32_t strips =
        model_.model().draw_view(*session_, name, samples ? samples->size() : count, samples ? &*samples : nullptr);
    session_->end(std::span(&strips, 1));
  };
  const tensor::Tensor& drawn = requested(run_finite(*session_, record, fmt::format("the view '{}'", name)));
  tensor::Tensor strips = tensor::take_memory(
      [&] { return fmt::format("the view '{}', {},", name, tensor::described(drawn.shape, drawn.dtype)); },
      "fewer samples", [&] { return tensor::Tensor(drawn.shape, drawn.dtype); });
  Samples out{*like, std::move(strips), true, view->animation};
  std::memcpy(out.values.storage.data(), drawn.storage.data(), drawn.bytes());
  check_tokens(out, fmt::format("the view '{}'", name));
  return out;
}

}  // namespace atelier::inference
