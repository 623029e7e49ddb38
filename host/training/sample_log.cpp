#include "training/sample_log.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/printable.hpp"

namespace atelier::training {

using catalog::FieldKind;

namespace {

template <typename T>
std::span<const T> values_of(const inference::Samples& samples) {
  return {samples.values.storage.as<const T>(), static_cast<size_t>(samples.values.shape.elements())};
}

// A log keeps whole numbers that are no tokens as float32, too.
std::vector<float> floats_of(const inference::Samples& samples) {
  if (samples.values.dtype == tensor::DType::i64) {
    const std::span<const int64_t> numbers = values_of<int64_t>(samples);
    std::vector<float> out(numbers.size());
    std::ranges::transform(numbers, out.begin(), [](int64_t number) { return static_cast<float>(number); });
    return out;
  }
  const std::span<const float> numbers = values_of<float>(samples);
  return {numbers.begin(), numbers.end()};
}

// As a log keeps them: whatever reads it expects UTF-8.
std::vector<std::string> utf8_texts_of(const inference::Samples& samples) {
  std::vector<std::string> out;
  std::ranges::transform(inference::texts_of(samples), std::back_inserter(out), valid_utf8);
  return out;
}

}  // namespace

runlog::SampleSeries series_of(const catalog::FieldSpec& like, const tensor::Shape& dims, int64_t count) {
  return {"generated", count, dims, like.kind, like.name};
}

void write_samples(runlog::Writer& writer, const runlog::SampleSeries& series, int64_t step,
                   const inference::Samples& samples) {
  if (!(samples.dims() == series.dims)) {
    throw Error(ErrorKind::plugin,
                "sampling: got samples of the shape {}, expected {} as when the run began; hint: give what is shorter "
                "an end of padding",
                tensor::to_string(samples.dims()), tensor::to_string(series.dims));
  }
  switch (series.kind) {
    case FieldKind::image:
    case FieldKind::image_sequence:
      return writer.append_samples(series.name, step, inference::pixels_of(samples).pixels);
    case FieldKind::tokens:
      return writer.append_samples(series.name, step, values_of<int64_t>(samples), utf8_texts_of(samples));
    case FieldKind::signal:
    case FieldKind::table_row:
    case FieldKind::numbers:
      return writer.append_samples(series.name, step, floats_of(samples));
  }
}

}  // namespace atelier::training
