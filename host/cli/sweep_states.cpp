#include "cli/sweep_states.hpp"

#include <map>
#include <optional>

#include "base/error.hpp"
#include "runlog/headings.hpp"
#include "runlog/locks.hpp"
#include "runlog/reader.hpp"

namespace atelier::cli {
namespace {

using Kind = PointState::Kind;

// The step that an unfinished run can go on from; nothing where it has to begin anew.
std::optional<int64_t> resumable_from(const std::filesystem::path& log) {
  try {
    const runlog::Reader reader(log);
    reader.expect_undropped({runlog::Part::optimizer_slots, runlog::Part::checkpoints}, "resumed");
    const auto checkpoint = reader.newest_checkpoint();
    return checkpoint ? std::optional(checkpoint->step) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

PointState state_of(const runlog::Heading& log) {
  switch (log.status) {
    case runlog::Status::finished:
      return {Kind::finished, log.path, "", 0};
    case runlog::Status::failed:
      return {Kind::failed, log.path, log.exit_reason, 0};
    case runlog::Status::running:
      if (runlog::holder_of(log.path)) {
        return {Kind::running, log.path, "", 0};
      }
      break;
    case runlog::Status::interrupted:
      break;
  }
  const auto step = resumable_from(log.path);
  return step ? PointState{Kind::resumable, log.path, "", *step} : PointState{};
}

}  // namespace

std::vector<PointState> states_of(const experiment::Sweep& sweep, const std::filesystem::path& file,
                                  const std::filesystem::path& folder) {
  const std::filesystem::path beside = file.has_parent_path() ? file.parent_path() : ".";
  const std::string directory =
      std::filesystem::absolute(beside / "").lexically_normal().parent_path().string();  // as logs have it
  std::vector<PointState> states(sweep.points.size());
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) {
    return states;
  }
  std::map<std::string, size_t> by_identity;
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    by_identity[sweep.points[i].identity] = i;
  }
  std::vector<runlog::Heading> newest(sweep.points.size());
  for (const runlog::Heading& log : runlog::logs_below(folder)) {
    const auto found =
        log.problem.empty() ? by_identity.find(experiment::identity_of(log.resolved)) : by_identity.end();
    if (found == by_identity.end() || log.directory != directory) {
      continue;
    }
    const PointState state = state_of(log);
    PointState& known = states[found->second];
    runlog::Heading& other = newest[found->second];
    const bool newer = state.kind == known.kind && (known.log.empty() || runlog::is_older(other, log));
    if (state.kind > known.kind || newer) {
      known = state;
      other = log;
    }
  }
  return states;
}

}  // namespace atelier::cli
