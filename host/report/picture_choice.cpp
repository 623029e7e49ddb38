#include "report/picture_choice.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "report/sheets.hpp"

namespace atelier::report {
namespace {

constexpr int64_t few_steps = 4;    // which come before samples
constexpr int64_t few_samples = 4;  // which come before steps

std::string data_uri(const std::string& png) {
  return "data:image/png;base64," + base64(png.data(), png.size());
}

bool is_pictures(const Json& series) {
  return series.contains("sheet");
}

const runlog::SampleSeries& series_of(const runlog::Reader& log, const std::string& name) {
  return *std::ranges::find(log.description().samples, name, &runlog::SampleSeries::name);
}

// With which so many pictures fit, as large as the newest is; with few_samples of them where none do.
SheetLayout fitting_layout(const runlog::Reader& log, const runlog::SampleSeries& series, int64_t rows,
                           int64_t most_bytes) {
  SheetLayout layout = layout_of(series, series.count);
  while (layout.count > few_samples) {
    const auto bytes = std::ssize(data_uri(sheet_of(log, series, rows - 1, layout)));
    if (bytes * std::min(rows, few_steps) <= most_bytes) {
      return layout;
    }
    layout = layout_of(series, std::max(few_samples, layout.count / 2));
  }
  return layout;
}

PicturesPut put_series(const runlog::Reader& log, Json& json, int64_t most_bytes) {
  const runlog::SampleSeries& series = series_of(log, json["name"].get<std::string>());
  const std::vector<int64_t> steps = log.sample_steps(series.name);
  PicturesPut put{0, std::ssize(steps), 0};
  if (steps.empty()) {
    return put;
  }
  const SheetLayout layout = fitting_layout(log, series, put.made, most_bytes);
  std::map<int64_t, std::string> shown;
  for (const int64_t row : spread_order(put.made)) {
    std::string uri = data_uri(sheet_of(log, series, row, layout));
    const int64_t bytes = std::ssize(uri) + 32;  // with its step, twice, and what stands between
    if (put.bytes + bytes > most_bytes) {
      break;
    }
    put.bytes += bytes;
    shown.emplace(steps[static_cast<size_t>(row)], std::move(uri));
  }
  put.shown = std::ssize(shown);
  json["sheet"]["count"] = layout.count;
  json["sheet"]["columns"] = layout.columns;
  json["steps"] = Json::array();
  json["pictures"] = Json::array();
  for (auto& [step, uri] : shown) {
    json["steps"].push_back(step);
    json["pictures"].push_back(std::move(uri));
  }
  return put;
}

}  // namespace

std::vector<int64_t> spread_order(int64_t rows) {
  std::vector<int64_t> order;
  if (rows > 0) {
    order.push_back(rows - 1);
  }
  if (rows > 1) {
    order.push_back(0);
  }
  std::deque<std::pair<int64_t, int64_t>> between{{0, rows - 1}};
  while (!between.empty()) {
    const auto [low, high] = between.front();
    between.pop_front();
    if (high - low < 2) {
      continue;
    }
    const int64_t middle = low + (high - low) / 2;
    order.push_back(middle);
    between.emplace_back(low, middle);
    between.emplace_back(middle, high);
  }
  return order;
}

bool has_pictures(const RunPage& page) {
  return page.samples.is_array() && std::ranges::any_of(page.samples, is_pictures);
}

PicturesPut put_pictures(RunPage& page, int64_t most_bytes) {
  PicturesPut all;
  auto left = std::ranges::count_if(page.samples, is_pictures);
  if (left == 0) {
    return all;
  }
  const runlog::Reader log(page.run.path);
  for (Json& series : page.samples) {
    if (is_pictures(series)) {
      const PicturesPut put =
          put_series(log, series, std::max<int64_t>(0, most_bytes - all.bytes) / std::max<std::ptrdiff_t>(1, left--));
      all.bytes += put.bytes;
      all.made += put.made;
      all.shown += put.shown;
    }
  }
  return all;
}

}  // namespace atelier::report
