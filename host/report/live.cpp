#include "report/live.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "report/comparison_json.hpp"
#include "report/page.hpp"
#include "report/progress.hpp"
#include "report/run_page.hpp"
#include "report/sheets.hpp"
#include "runlog/headings.hpp"

namespace atelier::report {
namespace {

constexpr size_t most_known = 64;  // runs that are kept in memory

std::string stamp(const std::filesystem::path& file) {
  struct stat of {};
  if (::stat(file.c_str(), &of) != 0) {
    return "-";
  }
  return fmt::format("{:x}.{:x}.{:x}", of.st_size, of.st_mtim.tv_sec, of.st_mtim.tv_nsec);
}

// Whether a run's log has changed, and whether somebody still writes it.
std::string tag_of(const std::filesystem::path& log, compare::State state) {
  std::filesystem::path journal = log;
  journal += ".journal";
  return fmt::format("\"{}-{}-{}\"", stamp(log), stamp(journal), static_cast<int>(state));
}

Json listed(const compare::RunSummary& run, const std::string& key) {
  return {{"key", key},
          {"run_id", run.run_id},
          {"name", run.name},
          {"seed", std::to_string(run.seed)},
          {"path", run.path.string()},
          {"state", compare::to_string(run.state)},
          {"problem", run.problem},
          {"steps", run.steps},
          {"progress", progress_of(run)},
          {"tag", tag_of(run.path, run.state)}};
}

}  // namespace

LiveRuns::LiveRuns(std::filesystem::path folder) : folder_(std::move(folder)) {
  list();
}

LiveRuns::~LiveRuns() = default;

std::string LiveRuns::list() {
  const std::vector<compare::RunSummary> runs = compare::summaries_of(runlog::logs_below(folder_));
  std::map<std::string, std::filesystem::path> paths;
  Json out = Json::array();
  for (const compare::RunSummary& run : runs) {
    if (run.state == compare::State::broken) {
      out.push_back(listed(run, ""));
      continue;
    }
    std::string key = run.run_id;
    for (int copy = 2; paths.contains(key); ++copy) {
      key = fmt::format("{}-{}", run.run_id, copy);
    }
    out.push_back(listed(run, key));
    paths.emplace(std::move(key), run.path);
  }
  const std::lock_guard lock(mutex_);
  paths_ = std::move(paths);
  return text_of(out);
}

std::filesystem::path LiveRuns::path_of(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = paths_.find(key);
  if (found == paths_.end()) {
    throw Error(ErrorKind::usage, "there is no run '{}' in {}", key, folder_.string());
  }
  return found->second;
}

// Read without the lock: whoever asks for another run does not wait.
std::shared_ptr<const RunPage> LiveRuns::page_of(const std::string& key, std::string& tag) {
  const std::filesystem::path path = path_of(key);
  const std::vector<compare::RunSummary> now = compare::summaries_of(runlog::read_headings({path}));
  tag = tag_of(path, now.front().state);
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found != known_.end() && found->second.tag == tag) {
      recent_.remove(key);
      recent_.push_front(key);
      return found->second.page;
    }
  }
  auto page = std::make_shared<const RunPage>(read_run_page(path, most_points));
  if (page->run.state == compare::State::broken) {
    throw Error(ErrorKind::file, page->run.problem);
  }
  const std::lock_guard lock(mutex_);
  known_[key] = {tag, page};
  recent_.remove(key);
  recent_.push_front(key);
  if (recent_.size() > most_known) {
    known_.erase(recent_.back());
    recent_.pop_back();
  }
  return page;
}

Document LiveRuns::run(const std::string& key) {
  Document out;
  out.text = text_of(run_json(*page_of(key, out.tag)));
  return out;
}

std::string LiveRuns::comparison(const std::vector<std::string>& keys) {
  std::vector<compare::Run> runs;
  for (const std::string& key : keys) {
    std::string tag;
    runs.push_back(page_of(key, tag)->run);
  }
  return text_of(comparison_json(runs, ""));
}

std::string LiveRuns::picture(const std::string& key, const std::string& series, int64_t step) {
  const runlog::Reader log(path_of(key));
  const std::vector<runlog::SampleSeries>& all = log.description().samples;
  const auto found = std::ranges::find(all, series, &runlog::SampleSeries::name);
  const bool pictures = found != all.end() &&
                        (found->kind == catalog::FieldKind::image || found->kind == catalog::FieldKind::image_sequence);
  if (!pictures) {
    throw Error(ErrorKind::usage, "the run '{}' has no pictures '{}'", key, series);
  }
  const std::vector<int64_t> steps = log.sample_steps(series);
  const auto at = std::ranges::find(steps, step);
  if (at == steps.end()) {
    throw Error(ErrorKind::usage, "the run '{}' has no pictures '{}' of step {}", key, series, step);
  }
  return sheet_of(log, *found, at - steps.begin(), layout_of(*found, found->count));
}

std::string LiveRuns::page() {
  return live_page();
}

std::string LiveRuns::policy() {
  return live_policy();
}

}  // namespace atelier::report
