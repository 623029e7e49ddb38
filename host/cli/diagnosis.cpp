#include "cli/diagnosis.hpp"

#include <fmt/format.h>

#include <csignal>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "runlog/repair.hpp"

namespace atelier::cli {
namespace {

using supervision::Cause;
using supervision::End;

std::string where_it_was(const supervision::Progress& progress) {
  const std::string part = progress.part_total > 0 ? fmt::format(", {} of {} of '{}' done", progress.part_done,
                                                                 progress.part_total, progress.part.text())
                                                   : "";
  return fmt::format("after step {}{}", progress.step, part);
}

// Not one of those by which it is asked to stop, and which end a process that has nothing to lose.
bool is_killed(const End& end) {
  return end.cause == Cause::unsaid && end.signal != 0 && end.signal != SIGINT && end.signal != SIGTERM &&
         end.signal != SIGHUP;
}

bool is_sudden(const End& end) {
  return end.cause == Cause::crashed || end.cause == Cause::stalled ||
         (end.cause == Cause::memory && end.last_words.empty()) || is_killed(end);
}

}  // namespace

std::string diagnosis_of(const End& end, const WatchOptions& watch) {
  if (!end.last_words.empty()) {
    return end.last_words;
  }
  const std::string where = where_it_was(end.progress);
  if (end.cause == Cause::memory) {
    return fmt::format(
        "out of memory: it needed more than the {} of --memory-limit, {}; hint: a smaller batch, or smaller layers",
        human_bytes(static_cast<double>(watch.memory)), where);
  }
  if (end.cause == Cause::stalled) {
    return fmt::format("stalled: nothing had moved on for {:g} s, {}, and it did not say where it was",
                       watch.stall_seconds, where);
  }
  return fmt::format("{}, {}", end.words(), where);
}

std::string close_log_of(const End& end, const WatchOptions& watch, const std::filesystem::path& log) {
  if (!is_sudden(end)) {
    return "";
  }
  std::string words = diagnosis_of(end, watch);
  if (end.log_closed || log.empty() || !std::filesystem::exists(log)) {
    return words;
  }
  try {
    runlog::close_as_failed_later(log, words);
  } catch (const Error& error) {
    words += fmt::format(" (its log does not say so: {})", error.what());
  }
  return words;
}

bool may_go_well(const End& end) {
  return end.cause == Cause::crashed || end.cause == Cause::stalled || end.cause == Cause::memory || is_killed(end);
}

}  // namespace atelier::cli
