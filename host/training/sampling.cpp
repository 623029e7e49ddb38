#include "training/sampling.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "base/text.hpp"
#include "graph/average.hpp"
#include "kernels/random.hpp"
#include "training/workbench.hpp"

namespace atelier::training {
namespace {

// Values (n, C, H, W) become bytes (n, y, x, channel), the range of the data from black to white.
void append_pixels(const float* values, int64_t count, const plugin::FieldSpec& range, ImageStack& out) {
  const int64_t pixels = out.height * out.width;
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t p = 0; p < pixels; ++p) {
      for (int64_t c = 0; c < out.channels; ++c) {
        const auto value = static_cast<double>(values[(n * out.channels + c) * pixels + p]);
        const double scaled = (value - range.low) / (range.high - range.low);
        out.pixels.push_back(static_cast<uint8_t>(std::lround(std::clamp(scaled, 0.0, 1.0) * 255)));
      }
    }
  }
}

const tensor::Tensor& requested(const graph::StepResults& results) {
  const auto found = std::ranges::find(results.entries, graph::OutputKind::requested, &graph::StepResult::kind);
  ATELIER_CHECK(found != results.entries.end());
  return *found->tensor;
}

// The samples that a view shows: chosen by the seed.
class ViewBatch final : public plugin::BatchSource {
 public:
  ViewBatch(const plugin::Dataset& dataset, const Transforms& transforms, const Subset& subset, int64_t count,
            uint64_t seed)
      : batch_(dataset, transforms, count) {
    const auto order = kernels::permutation({seed, purpose_sampling}, 0, static_cast<uint32_t>(subset.count));
    batch_.plan(subset, order, 0, count, evaluation);
    for (int32_t piece = 0; piece < batch_.pieces(); ++piece) {
      batch_.assemble(piece);
    }
  }
  [[nodiscard]] int64_t size() const override { return batch_.size(); }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return batch_.fields(); }
  void advance() override { throw Error(ErrorKind::plugin, "next_batch: only in train_step"); }

 private:
  Batch batch_;
};

}  // namespace

uint32_t first_rows(graph::Session& session, uint32_t value, int64_t count) {
  const graph::OperationRegistry& registry = graph::OperationRegistry::instance();
  graph::RawAttribute attributes[3] = {};
  const int64_t numbers[] = {0, 0, count};
  for (size_t i = 0; i < 3; ++i) {
    attributes[i].type = graph::AttributeType::integer;
    attributes[i].integer = numbers[i];
  }
  return session.apply(registry.get("slice/1"), std::span(&value, 1), attributes, {});
}

bool Workbench::samples_images() {
  if (!samples_images_) {
    const plugin::FieldSpec* image = spec().find("image");
    samples_images_ = image != nullptr && image->dims.rank() == 3 && (image->dims[0] == 1 || image->dims[0] == 3);
    if (*samples_images_) {  // one is tried
      sampling_->begin({0, purpose_sampling, 0, 0});
      const std::optional<uint32_t> made = model_->sample(*sampling_, 1, {});
      samples_images_ = made.has_value();
      sampling_->end(made ? std::span(&*made, 1) : std::span<const uint32_t>());
      sampling_->start();
      sampling_->wait();
    }
  }
  return *samples_images_;
}

ImageStack Workbench::sample(int64_t count, uint64_t seed) {
  const graph::AveragedWeights averaged(model_->bank());
  const plugin::FieldSpec& image = *spec().find("image");
  ImageStack out{count, image.dims[1], image.dims[2], image.dims[0], {}};
  for (int64_t first = 0; first < count; first += sampling_chunk) {
    sampling_->begin({seed, purpose_sampling, 0, first});
    const uint32_t images = *model_->sample(*sampling_, sampling_chunk, {});
    sampling_->end(std::span(&images, 1));
    sampling_->start();
    append_pixels(requested(sampling_->wait()).storage.as<float>(), std::min(sampling_chunk, count - first), image,
                  out);
  }
  return out;
}

Strips Workbench::draw_view(const std::string& name, int64_t count, uint64_t seed) {
  const std::vector<plugin::ViewDescription> views = model_->views();
  const auto view = std::ranges::find(views, name, &plugin::ViewDescription::name);
  if (view == views.end()) {
    std::string known;
    for (const plugin::ViewDescription& candidate : views) {
      known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", candidate.name, candidate.help);
    }
    throw Error(ErrorKind::usage, "--view: the model '{}' has no view '{}', it has {}", experiment_.model.use, name,
                known.empty() ? "none" : known);
  }
  std::unique_ptr<ViewBatch> batch;
  if (view->uses_data) {
    const Subset& subset = subsets_.test.count > 0 ? subsets_.test : subsets_.validation;
    batch = std::make_unique<ViewBatch>(*dataset_, transforms_, subset, std::min(count, subset.count), seed);
  }
  const graph::AveragedWeights averaged(model_->bank());
  sampling_->begin({seed, purpose_sampling, 0, 0});
  const uint32_t strips = model_->draw_view(*sampling_, name, batch ? batch->size() : count, batch.get());
  sampling_->end(std::span(&strips, 1));
  sampling_->start();
  const tensor::Tensor& values = requested(sampling_->wait());
  const tensor::Shape& shape = values.shape;
  const int64_t images = shape[0] * shape[1];
  Strips out{{images, shape[3], shape[4], shape[2], {}}, shape[1], view->animation};
  append_pixels(values.storage.as<float>(), images, *spec().find("image"), out.images);
  return out;
}

}  // namespace atelier::training
