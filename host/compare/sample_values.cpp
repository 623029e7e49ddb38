#include "compare/sample_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace atelier::compare {

using catalog::FieldKind;

std::vector<ValueRange> ranges_of(const SampleRows& rows, const std::vector<std::string>& names) {
  const tensor::Shape& dims = rows.series.dims;
  const bool apart = rows.series.kind != FieldKind::numbers;  // of numbers of no kind nobody knows what is one thing
  const int64_t parts = apart ? dims[0] : 1;
  const int64_t length = dims.elements() / parts;
  const auto* values = rows.values.storage.as<const float>();
  std::vector<ValueRange> out;
  for (int64_t part = 0; part < parts; ++part) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const bool named = static_cast<size_t>(part) < names.size();
    const std::string number = apart ? fmt::format("{}", part + 1) : "all";
    ValueRange range{named ? names[static_cast<size_t>(part)] : number, infinite, 0, -infinite};
    for (int64_t n = 0; n < rows.series.count; ++n) {
      for (int64_t i = 0; i < length; ++i) {
        const auto value = static_cast<double>(values[(n * parts + part) * length + i]);
        range.smallest = std::min(range.smallest, value);
        range.largest = std::max(range.largest, value);
        range.mean += value / static_cast<double>(rows.series.count * length);
      }
    }
    out.push_back(range);
  }
  return out;
}

std::vector<std::string> names_of_channels(const runlog::RunDescription& run, const runlog::SampleSeries& series) {
  const catalog::FieldSpec* const like = run.data.find(series.field);
  return like == nullptr ? std::vector<std::string>() : like->channel_names;
}

bool has_preview(const runlog::SampleSeries& series) {
  return series.kind == FieldKind::image || series.kind == FieldKind::image_sequence;
}

std::string place_in_log(const runlog::SampleSeries& series) {
  const char* dataset = has_preview(series) ? "images" : series.kind == FieldKind::tokens ? "text" : "values";
  return fmt::format("/samples/{}/{}", series.name, dataset);
}

}  // namespace atelier::compare
