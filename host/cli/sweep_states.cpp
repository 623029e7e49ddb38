#include "cli/sweep_states.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "ranks/joined.hpp"
#include "runlog/locks.hpp"
#include "runlog/reader.hpp"
#include "supervision/end.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using StateKind = PointState::Kind;
using runlog::Status;

// Not the run's fault, and it need not come again: a process or a machine that is gone.
bool ended_from_outside(std::string_view reason) {
  return ranks::tells_of_a_lost_rank(reason) || reason.find(supervision::was_killed) != std::string_view::npos;
}

PointState state_of_log(const runlog::Heading& log) {
  switch (log.status) {
    case Status::finished:
      return {StateKind::finished, log.path, "", 0};
    case Status::failed:
      if (const auto step = ended_from_outside(log.exit_reason) ? resumable_from(log.path) : std::nullopt) {
        return {StateKind::resumable, log.path, log.exit_reason, *step};
      }
      return {StateKind::failed, log.path, log.exit_reason, 0};
    case Status::running:
      if (runlog::holder_of(log.path)) {
        return {StateKind::running, log.path, "", 0};
      }
      break;
    case Status::interrupted:
    case Status::stopped:
      break;
  }
  const auto step = resumable_from(log.path);
  const bool left_behind = log.status == Status::stopped && log.exit_reason.starts_with(left_behind_by_halving);
  return step ? PointState{StateKind::resumable, log.path, log.exit_reason, *step, left_behind} : PointState{};
}

fs::file_time_type written(const fs::path& log) {
  std::error_code gone;
  return fs::last_write_time(log, gone);
}

}  // namespace

std::optional<int64_t> resumable_from(const fs::path& log) {
  if (log.empty() || !fs::exists(log)) {
    return std::nullopt;
  }
  try {
    const runlog::Reader reader(log);
    reader.expect_undropped({runlog::Part::optimizer_slots, runlog::Part::checkpoints}, "resumed");
    const auto checkpoint = reader.newest_checkpoint();
    return checkpoint ? std::optional(checkpoint->step) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

PointLogs::PointLogs(const fs::path& file, fs::path folder, SameElsewhere same)
    : folder_(std::move(folder)), same_(std::move(same)) {
  const fs::path beside = file.has_parent_path() ? file.parent_path() : ".";
  directory_ = fs::absolute(beside / "").lexically_normal().parent_path().string();
  look();
}

void PointLogs::look() {
  std::vector<fs::path> found;
  look_in(folder_, found);
  std::erase_if(unreadable_, [&](const auto& log) {
    const bool changed = written(log.first) != log.second;
    if (changed) {
      found.push_back(log.first);
    }
    return changed;
  });
  take(found);
}

// A folder in which nothing was made or removed since it was listed is not listed again; what happened within the
// clock's last tick, it may not show.
void PointLogs::look_in(const fs::path& folder, std::vector<fs::path>& found) {
  std::error_code failed;
  const fs::file_time_type changed = fs::last_write_time(folder, failed);
  if (failed) {
    return;
  }
  constexpr std::chrono::seconds tick{1};
  const auto [known, is_new] = folders_.try_emplace(folder);
  Folder& listed = known->second;
  if (is_new || listed.changed != changed || fs::file_time_type::clock::now() - changed < tick) {
    listed.changed = changed;
    listed.folders.clear();
    for (auto entry = fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, failed);
         !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
      const fs::path& path = entry->path();
      if (path.extension() == ".h5") {
        if (listed.logs.insert(path.filename().string()).second) {
          found.push_back(path);
        }
      } else if (entry->is_directory(failed) && !entry->is_symlink(failed)) {
        listed.folders.push_back(path);
      }
    }
  }
  for (const fs::path& below : std::vector<fs::path>(listed.folders)) {
    look_in(below, found);
  }
}

void PointLogs::take(const std::vector<fs::path>& logs) {
  if (logs.empty()) {
    return;
  }
  std::vector<fs::file_time_type> times;
  std::ranges::transform(logs, std::back_inserter(times), written);
  std::vector<runlog::Heading> headings = runlog::read_headings(logs);
  for (size_t i = 0; i < headings.size(); ++i) {
    runlog::Heading& heading = headings[i];
    if (!heading.problem.empty()) {
      unreadable_.emplace_back(logs[i], times[i]);  // it may have been in the middle of being written
      continue;
    }
    const std::string identity = experiment::identity_of(heading.resolved);
    if (heading.directory == directory_ || (same_ && same_(heading, identity))) {
      const bool ended = heading.status == Status::finished;
      const fs::path path = heading.path;
      of_points_[identity].push_back({path, ended ? std::optional(std::move(heading)) : std::nullopt});
    }
  }
}

void PointLogs::add(const std::string& identity, const fs::path& log) {
  if (folders_[log.parent_path()].logs.insert(log.filename().string()).second) {
    of_points_[identity].push_back({log, std::nullopt});
  }
}

void PointLogs::accept(const std::string& identity, const fs::path& log) {
  std::vector<Known>& known = of_points_[identity];
  if (std::ranges::none_of(known, [&](const Known& other) { return other.log == log; })) {
    known.push_back({log, std::nullopt});
  }
}

PointState PointLogs::state_of(const std::string& identity) {
  look();
  std::vector<Known>& known = of_points_[identity];
  std::erase_if(known, [](const Known& log) { return !fs::exists(log.log); });
  std::vector<fs::path> unread;
  for (const Known& log : known) {
    if (!log.heading) {
      unread.push_back(log.log);
    }
  }
  std::vector<runlog::Heading> headings =
      unread.empty() ? std::vector<runlog::Heading>() : runlog::read_headings(unread);
  for (const Known& log : known) {
    if (log.heading) {
      headings.push_back(*log.heading);
    }
  }
  PointState found;
  const runlog::Heading* newest = nullptr;
  for (const runlog::Heading& heading : headings) {
    if (!heading.problem.empty()) {
      continue;
    }
    const PointState state = state_of_log(heading);
    const bool newer = state.kind == found.kind && (newest == nullptr || runlog::is_older(*newest, heading));
    if (state.kind > found.kind || newer) {
      found = state;
      newest = &heading;
    }
  }
  return found;
}

}  // namespace atelier::cli
