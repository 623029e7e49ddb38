#include "report/array_json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/terminal_text.hpp"
#include "report/sample_json.hpp"

namespace atelier::report {
namespace {

constexpr int64_t most_tensor_rows = 60;        // of a series
constexpr int64_t most_values_shown = 64 * 64;  // of what is shown value by value
constexpr int64_t bins = 40;

// What a row of a tensor comes to. Values that are not finite are counted apart.
struct Moments {
  double smallest = std::numeric_limits<double>::infinity(), largest = -smallest;
  double mean = 0, deviation = 0;
  int64_t finite = 0, other = 0;
};

std::span<const float> values_of(const tensor::Tensor& tensor) {
  return {tensor.storage.as<const float>(), static_cast<size_t>(tensor.shape.elements())};
}

Moments moments_of(std::span<const float> values) {
  Moments out;
  double sum = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) {
      ++out.other;
      continue;
    }
    ++out.finite;
    sum += static_cast<double>(value);
    out.smallest = std::min(out.smallest, static_cast<double>(value));
    out.largest = std::max(out.largest, static_cast<double>(value));
  }
  out.mean = out.finite > 0 ? sum / static_cast<double>(out.finite) : 0;
  double squares = 0;
  for (const float value : values) {
    const double apart = static_cast<double>(value) - out.mean;
    squares += std::isfinite(value) ? apart * apart : 0;
  }
  out.deviation = out.finite > 0 ? std::sqrt(squares / static_cast<double>(out.finite)) : 0;
  return out;
}

std::vector<double> counts_of(std::span<const float> values, double low, double high) {
  std::vector<double> counts(bins, 0);
  for (const float value : values) {
    if (std::isfinite(value)) {
      const double place =
          high > low ? (static_cast<double>(value) - low) / (high - low) * static_cast<double>(bins) : 0;
      ++counts[static_cast<size_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)))];
    }
  }
  return counts;
}

Json histograms_json(const std::vector<int64_t>& steps, const std::vector<tensor::Tensor>& tensors) {
  std::vector<Moments> moments;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const tensor::Tensor& tensor : tensors) {
    moments.push_back(moments_of(values_of(tensor)));
    low = std::min(low, moments.back().smallest);
    high = std::max(high, moments.back().largest);
  }
  Json rows = Json::array();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Moments& of = moments[i];
    Json row{{"step", steps[i]}, {"finite", of.finite}, {"other", of.other}};
    if (of.finite > 0) {
      row.update({{"smallest", of.smallest}, {"largest", of.largest}, {"mean", of.mean}, {"deviation", of.deviation}});
      row["counts"] = packed(counts_of(values_of(tensors[i]), low, high));
    }
    rows.push_back(row);
  }
  return {{"low", std::isfinite(low) ? low : 0}, {"high", std::isfinite(high) ? high : 0}, {"rows", rows}};
}

Json values_json(const std::vector<int64_t>& steps, const std::vector<tensor::Tensor>& tensors) {
  Json rows = Json::array();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto values = values_of(tensors[i]);
    rows.push_back({{"step", steps[i]}, {"values", packed({values.begin(), values.end()})}});
  }
  return {{"rows", rows}};
}

// Of the data's field that has as many classes; none where no field has, or they have no names.
std::vector<std::string> class_names(const runlog::RunDescription& run, int64_t length) {
  for (const catalog::FieldSpec& field : run.data.fields) {
    if (field.classes == length && std::ssize(field.class_names) == length &&
        field.kind != catalog::FieldKind::tokens) {
      return field.class_names;
    }
  }
  return {};
}

const char* view_of(const runlog::TensorSeries& series) {
  const bool of_metric = series.name.starts_with("metric.") || series.name.starts_with("test.");
  if (!of_metric || series.shape.elements() > most_values_shown) {
    return "histogram";
  }
  return series.shape.rank() == 2 ? "matrix" : series.shape.rank() < 2 ? "vector" : "histogram";
}

// The metric that logs "metric.confusion.recall", by its table: "confusion-matrix"; "" where that is not known.
std::string maker_of(const std::string& name, const std::map<std::string, std::string>& settings) {
  const size_t begin = name.find('.') + 1;
  const auto found = settings.find("metric." + name.substr(begin, name.find('.', begin) - begin) + ".use");
  return found == settings.end() ? "" : terminal::unquoted(found->second);
}

Json series_json(const runlog::Reader& log, const runlog::TensorSeries& series,
                 const std::map<std::string, std::string>& settings) {
  const std::vector<int64_t> all_steps = log.tensor_steps(series.name);
  std::vector<int64_t> steps;
  std::vector<tensor::Tensor> tensors;
  for (const int64_t row : chosen_rows(std::ssize(all_steps), most_tensor_rows)) {
    steps.push_back(all_steps[static_cast<size_t>(row)]);
    tensors.push_back(log.tensor(series.name, row));
  }
  const std::string view = view_of(series);
  Json out{{"name", series.name},
           {"view", view},
           {"shape", std::vector<int64_t>(series.shape.dims().begin(), series.shape.dims().end())},
           {"axes", series.axes},
           {"made_by", maker_of(series.name, settings)},
           {"logged", all_steps.size()}};
  if (view != "histogram" && series.shape.rank() > 0) {
    out["classes"] = class_names(log.description(), series.shape[series.shape.rank() - 1]);
  }
  out.update(view == "histogram" ? histograms_json(steps, tensors) : values_json(steps, tensors));
  return out;
}

}  // namespace

Json arrays_json(const runlog::Reader& log, const std::map<std::string, std::string>& settings) {
  Json out = Json::array();
  for (const runlog::TensorSeries& series : log.description().tensors) {
    out.push_back(series_json(log, series, settings));
  }
  return out;
}

}  // namespace atelier::report
