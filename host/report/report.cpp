#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "base/text.hpp"
#include "report/comparison_json.hpp"
#include "report/page.hpp"
#include "report/picture_choice.hpp"
#include "report/run_page.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::report {
namespace {

struct Material {
  std::vector<RunPage> pages;
  std::vector<compare::Run> broken;
};

Material read_all(const std::vector<std::filesystem::path>& logs) {
  Material out;
  for (const auto& log : logs) {
    RunPage page = read_run_page(log, most_points);
    if (page.run.state == compare::State::broken) {
      out.broken.push_back(std::move(page.run));
    } else {
      out.pages.push_back(std::move(page));
    }
  }
  return out;
}

Json data_of(const Material& material, const Json& comparison) {
  Json runs = Json::array(), broken = Json::array();
  for (const RunPage& page : material.pages) {
    runs.push_back(run_json(page));
  }
  for (const compare::Run& run : material.broken) {
    broken.push_back({{"path", run.path.string()}, {"problem", run.problem}});
  }
  return {{"live", false},
          {"made", runlog::whole_seconds(runlog::utc_now())},
          {"runs", std::move(runs)},
          {"broken", std::move(broken)},
          {"comparison", comparison}};
}

int64_t size_of(const Material& material, const Json& comparison) {
  return std::ssize(page_with(data_of(material, comparison)));
}

// With curves of fewer points where they would take more than their part of the page. Returns its size.
int64_t fit_curves(Material& material, const Json& comparison, int64_t most_bytes) {
  const bool pictures = std::ranges::any_of(material.pages, has_pictures);
  const int64_t most = pictures ? most_bytes / 2 : most_bytes;
  int64_t bytes = size_of(material, comparison);
  for (int64_t points = most_points; bytes > most && points > least_points; points /= 2) {
    for (RunPage& page : material.pages) {
      for (RunPage::Cadence& cadence : page.cadences) {
        if (std::ssize(cadence.curves.steps) > points / 2) {
          cadence.curves = halved(cadence.curves);
        }
      }
    }
    bytes = size_of(material, comparison);
  }
  return bytes;
}

// Each run has what the ones before it have left of an equal part.
PicturesPut fit_pictures(Material& material, int64_t most_bytes) {
  PicturesPut all;
  auto left = std::ranges::count_if(material.pages, has_pictures);
  for (RunPage& page : material.pages) {
    if (has_pictures(page)) {
      const PicturesPut put =
          put_pictures(page, std::max<int64_t>(0, most_bytes - all.bytes) / std::max<std::ptrdiff_t>(1, left--));
      all.bytes += put.bytes;
      all.made += put.made;
      all.shown += put.shown;
    }
  }
  return all;
}

std::string megabytes(int64_t bytes) {
  return human_bytes(static_cast<double>(bytes));
}

}  // namespace

Page make_page(const std::vector<std::filesystem::path>& logs, const PageOptions& options) {
  Material material = read_all(logs);
  Page out;
  for (const compare::Run& run : material.broken) {
    out.left_out.push_back(run.problem);
  }
  if (material.pages.empty()) {
    throw Error(ErrorKind::file, "none of the logs can be read{}{}", material.broken.empty() ? "" : ": ",
                material.broken.empty() ? "" : material.broken.front().problem);
  }
  std::vector<compare::Run> runs;
  for (const RunPage& page : material.pages) {
    runs.push_back(page.run);
  }
  const Json comparison = comparison_json(runs, options.by);
  const int64_t bytes = fit_curves(material, comparison, options.most_bytes);
  if (bytes > options.most_bytes) {
    throw Error(ErrorKind::usage, "--max-size: {} runs take {} without a picture, expected that or more, or fewer runs",
                material.pages.size(), megabytes(bytes));
  }
  const PicturesPut pictures = fit_pictures(material, options.most_bytes - bytes);
  if (pictures.shown < pictures.made) {
    out.left_out.push_back(fmt::format("{} of {} pictures, for the size; hint: --max-size MB",
                                       terminal::grouped(pictures.made - pictures.shown),
                                       terminal::grouped(pictures.made)));
  }
  Json data = data_of(material, comparison);
  data["left_out"] = out.left_out;
  out.runs = material.pages.size();
  out.html = page_with(data);
  return out;
}

}  // namespace atelier::report
