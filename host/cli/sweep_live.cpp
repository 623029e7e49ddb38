// A sweep on a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/terminal_text.hpp"
#include "cli/progress.hpp"
#include "cli/spectator_output.hpp"
#include "cli/sweep_view.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

using terminal::columns_of;
using terminal::Emphasis;
using terminal::grouped;

double share_of(int64_t done, int64_t total) {
  return total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
}

std::string loss_text(const supervision::Progress& progress) {
  const std::string name = progress.loss_name.text();
  return name.empty() ? "" : fmt::format("{} {:.4g}", name, progress.loss);
}

// What there is room for, `name` as long as there is.
std::string fitted(const std::string& before, const std::string& name, const std::vector<std::string>& after,
                   size_t columns) {
  constexpr size_t least = 12;  // of the name
  const size_t whole = columns_of(name);
  for (const std::string& rest : after) {
    const size_t taken = columns_of(before) + columns_of(rest);
    if (columns == 0 || taken + std::min(whole, least) <= columns) {
      return before + terminal::shortened(name, columns == 0 ? whole : columns - taken) + rest;
    }
  }
  return terminal::shortened(before + name, columns);
}

class LiveView : public SweepView {
 public:
  ~LiveView() override { clear(); }

  void began(const SweepRun& /*run*/, size_t /*total*/, int /*threads*/) override {}
  void happened(const SweepRun& /*run*/, const RunEvent& /*event*/) override {}
  void said(const SweepRun& run, const std::string& line) override {
    note(fmt::format("point {}: {}", run.ordinal, line));
  }

  void ended(const SweepRun& run, const supervision::End& /*end*/, const std::string& output) override {
    clear();
    print(output);
    try_to_flush_output();
    if (run.result == PointResult::Kind::failed && !run.reason_was_said) {
      note(fmt::format("point {}: {} {}", run.ordinal,
                       terminal::emphasized("failed:", Emphasis::bad, messages_in_colour()), run.reason));
    }
    if (!run.result) {
      note(fmt::format("point {}: retry {}, from step {}", run.ordinal, run.retries, run.resumed_from.value_or(0)));
    }
  }

  void passed(const std::vector<RunningPoint>& running, const SweepOverview& overview) override {
    const size_t columns = std::max<size_t>(message_columns(), 2) - 1;
    const size_t rows = std::max<size_t>(message_rows(), 4) - 2;
    std::vector<std::string> lines;
    for (const RunningPoint& point : running) {
      if (lines.size() + 1 == rows && running.size() > rows) {
        lines.push_back(fmt::format("and {} more", running.size() - lines.size()));
        break;
      }
      lines.push_back(point_line(point, columns));
    }
    lines.push_back(overview_line(overview, columns));
    redraw_messages(lines);
  }

  void note(const std::string& line) override {
    clear();
    print_message(line);
  }
  void clear() override { clear_messages(); }
  [[nodiscard]] double passing_seconds() const override { return 0.1; }
  void summary(const SweepOverview& /*overview*/, const std::string& text) override {
    clear();
    print(text);
  }
};

}  // namespace

std::string point_line(const RunningPoint& point, size_t columns) {
  const supervision::Progress& progress = point.progress;
  const std::string left = "  " + terminal::duration_text(progress.seconds_left) + " left";
  const std::string before = fmt::format("{}: ", point.run->ordinal);
  const std::string name = name_of(point.run->task.point);
  if (progress.part_done < progress.part_total) {
    const std::string part =
        fmt::format("  {}: {} of {}", progress.part.text(), grouped(progress.part_done), grouped(progress.part_total));
    return fitted(before, name, {part, ""}, columns);
  }
  if (progress.step == 0) {
    return fitted(before, name, {"  begins", ""}, columns);
  }
  const double share = share_of(progress.step, progress.total_steps);
  const std::string loss = loss_text(progress).empty() ? "" : " " + loss_text(progress);  // a bar ends in a space
  const std::string percent = fmt::format("  {:.0f}% ", share * 100);
  return fitted(before, name,
                {"  " + bar(share, 20) + loss + left, "  " + bar(share, 10) + loss + left, percent + loss + left,
                 percent + left, percent, ""},
                columns);
}

std::string overview_line(const SweepOverview& overview, size_t columns) {
  const size_t ended = overview.done + overview.failed + overview.elsewhere;
  const double share = share_of(static_cast<int64_t>(ended), static_cast<int64_t>(overview.total));
  std::string text = fmt::format("{} of {} done", grouped(static_cast<int64_t>(overview.done)),
                                 grouped(static_cast<int64_t>(overview.total)));
  text += overview.failed > 0 ? fmt::format(", {} failed", overview.failed) : "";
  text += fmt::format(", {} left", terminal::duration_text(overview.seconds_left));
  std::vector<std::string> heads{bar(share, 20) + text, bar(share, 10) + text, text};
  if (columns > 0) {
    std::erase_if(heads, [&](const std::string& head) { return columns_of(head) > columns; });
  }
  if (heads.empty()) {
    return terminal::shortened(text, columns);
  }
  if (!overview.best) {
    return heads.front();
  }
  const std::string best =
      fmt::format("  best {} {}", overview.best->metric, terminal::number_text(overview.best->value));
  for (const std::string& head : heads) {
    const size_t taken = columns_of(head) + columns_of(best);
    constexpr size_t least = 12;
    if (columns == 0 || taken + least + 3 <= columns) {
      const size_t room = columns == 0 ? columns_of(overview.best->name) : columns - taken - 3;
      return head + best + " (" + terminal::shortened(overview.best->name, room) + ")";
    }
  }
  const std::string& shortest = heads.back();
  return columns_of(shortest) + columns_of(best) <= columns ? shortest + best : heads.front();
}

std::unique_ptr<SweepView> live_view() {
  return std::make_unique<LiveView>();
}

}  // namespace atelier::cli
