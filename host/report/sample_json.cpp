#include "report/sample_json.hpp"

#include <algorithm>

#include "catalog/data_spec.hpp"
#include "report/sheets.hpp"

namespace atelier::report {
namespace {

using catalog::FieldKind;

// What is shown of samples that are no images, at most.
constexpr int64_t most_sample_rows = 40, most_samples = 8, most_table_rows = 24, most_sample_values = 20'000;
constexpr size_t most_text = 4000;  // bytes

// A whole number of UTF-8's code points.
std::string shortened_text(const std::string& text) {
  if (text.size() <= most_text) {
    return text;
  }
  size_t end = most_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end);
}

Json texts_json(const runlog::Reader& log, const runlog::SampleSeries& series, int64_t row) {
  const std::vector<std::string> texts = log.sample_texts(series.name, row);
  Json out = Json::array();
  for (size_t i = 0; i < std::min<size_t>(texts.size(), most_samples); ++i) {
    out.push_back({{"text", shortened_text(texts[i])}, {"whole", texts[i].size()}});
  }
  return out;
}

// Of how many samples all values are shown: at least one.
int64_t shown_of(const runlog::SampleSeries& series) {
  const int64_t most = series.kind == FieldKind::table_row ? most_table_rows : most_samples;
  return std::clamp<int64_t>(most_sample_values / std::max<int64_t>(series.dims.elements(), 1), 1,
                             std::min(series.count, most));
}

Json values_json(const runlog::Reader& log, const runlog::SampleSeries& series, int64_t row) {
  const tensor::Tensor values = log.sample_values(series.name, row);
  const int64_t elements = std::min(shown_of(series) * series.dims.elements(), values.shape.elements());
  const auto* const first = values.storage.as<const float>();
  return packed({first, first + elements});
}

Json lengths_json(const tensor::Shape& dims) {
  return std::vector<int64_t>(dims.dims().begin(), dims.dims().end());
}

void add_field(const runlog::Reader& log, const runlog::SampleSeries& series, Json& out) {
  const catalog::FieldSpec* const like = log.description().data.find(series.field);
  if (like == nullptr) {
    return;
  }
  out["low"] = like->low;
  out["high"] = like->high;
  out["rate"] = like->rate;
  out["channels"] = like->channel_names;
}

Json layout_json(const SheetLayout& layout) {
  return {{"count", layout.count}, {"frames", layout.frames},     {"height", layout.height},
          {"width", layout.width}, {"channels", layout.channels}, {"columns", layout.columns}};
}

Json series_json(const runlog::Reader& log, const runlog::SampleSeries& series) {
  const std::vector<int64_t> steps = log.sample_steps(series.name);
  Json out{{"name", series.name},
           {"kind", catalog::name_of(series.kind)},
           {"count", series.count},
           {"dims", lengths_json(series.dims)},
           {"made", steps.size()}};
  add_field(log, series, out);
  if (series.kind == FieldKind::image || series.kind == FieldKind::image_sequence) {
    out["steps"] = steps;
    out["sheet"] = layout_json(layout_of(series, series.count));
    return out;
  }
  const bool texts = series.kind == FieldKind::tokens;
  out["shown"] = texts ? std::min(series.count, most_samples) : shown_of(series);
  out["steps"] = Json::array();
  out["rows"] = Json::array();
  for (const int64_t row : chosen_rows(std::ssize(steps), most_sample_rows)) {
    out["steps"].push_back(steps[static_cast<size_t>(row)]);
    out["rows"].push_back(texts ? texts_json(log, series, row) : values_json(log, series, row));
  }
  return out;
}

}  // namespace

std::vector<int64_t> chosen_rows(int64_t count, int64_t most) {
  std::vector<int64_t> rows;
  const int64_t chosen = std::min(count, most);
  for (int64_t i = 1; i <= chosen; ++i) {
    rows.push_back(i * count / chosen - 1);
  }
  return rows;
}

Json samples_json(const runlog::Reader& log) {
  Json out = Json::array();
  for (const runlog::SampleSeries& series : log.description().samples) {
    out.push_back(series_json(log, series));
  }
  return out;
}

}  // namespace atelier::report
