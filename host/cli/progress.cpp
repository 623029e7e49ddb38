#include "cli/progress.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "cli/program.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

using terminal::duration_text;
using terminal::Emphasis;
using terminal::grouped;

// With one decimal, without where it would be 0.
std::string epochs_text(double epochs) {
  const double rounded = std::round(epochs * 10) / 10;
  return fmt::format("{:g}", rounded);
}

double total_epochs(const training::Progress& progress) {
  return progress.step > 0
             ? progress.epoch * static_cast<double>(progress.total_steps) / static_cast<double>(progress.step)
             : 0;
}

std::string speed_text(const training::Progress& progress) {
  return fmt::format("{} samples/s", grouped(std::llround(progress.samples_per_second)));
}

std::string loss_text(const training::Progress& progress, size_t longest_name, std::string_view between = "  ") {
  std::string text;
  for (const auto& [name, value] : progress.losses) {
    text += fmt::format("{}{} {:.4g}", text.empty() ? "" : between, terminal::shortened(name, longest_name), value);
  }
  return text;
}

std::string metrics_text(const std::map<std::string, double>& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) {
    text += fmt::format("  {} {}", printable(name), terminal::number_text(value));
  }
  return text;
}

std::string warning_line(std::string_view text, bool colour) {
  return fmt::format("atelier: {} {}", terminal::emphasized("warning:", Emphasis::warning, colour), text);
}

size_t line_columns() {
  const size_t columns = message_columns();
  return columns > 1 ? columns - 1 : columns;
}

}  // namespace

std::string bar(double share, int width) {
  const int done = static_cast<int>(std::clamp(share, 0.0, 1.0) * width);
  return fmt::format("[{}{}] ", std::string(static_cast<size_t>(done), '#'),
                     std::string(static_cast<size_t>(width - done), '-'));
}

std::string plain_line(const training::Progress& progress) {
  return fmt::format("step {}/{}, epoch {:.1f}/{}: {}, {}, {} left", progress.step, progress.total_steps,
                     progress.epoch, epochs_text(total_epochs(progress)), loss_text(progress, std::string::npos, ", "),
                     speed_text(progress), duration_text(progress.seconds_left));
}

std::string evaluated_line(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best,
                           bool colour) {
  const std::string mark = best ? terminal::emphasized("  * best", Emphasis::good, colour) : "";
  return fmt::format("evaluation at step {}, epoch {:.4g}:{}{}", step, epoch, metrics_text(metrics), mark);
}

// What there is room for: first the bar gives way, then the speed, then the epochs, then the names; losses and the time
// left stay.
std::string bar_line(const training::Progress& progress, size_t columns) {
  const double share =
      progress.total_steps > 0 ? static_cast<double>(progress.step) / static_cast<double>(progress.total_steps) : 0;
  const std::string epoch = fmt::format("epoch {:.1f}/{}  ", progress.epoch, epochs_text(total_epochs(progress)));
  const std::string left = duration_text(progress.seconds_left) + " left";
  const std::string speed = speed_text(progress) + "  ";
  const std::string losses = loss_text(progress, std::string::npos) + (progress.losses.empty() ? "" : "  ");
  const std::array<std::string, 5> lines{bar(share, 20) + epoch + losses + speed + left,
                                         bar(share, 10) + epoch + losses + speed + left,
                                         bar(share, 10) + epoch + losses + left, epoch + losses + left, losses + left};
  for (const std::string& line : lines) {
    if (terminal::columns_of(line) <= columns) {
      return line;
    }
  }
  size_t longest = 0;
  for (const auto& [name, value] : progress.losses) {
    longest = std::max(longest, terminal::columns_of(name));
  }
  std::string line = lines.back();
  while (longest > 1 && terminal::columns_of(line) > columns) {
    line = loss_text(progress, --longest) + "  " + left;
  }
  return terminal::shortened(line, columns);
}

std::string evaluation_line(std::string_view table, int64_t done, int64_t total, double seconds_left, size_t columns) {
  const std::string text =
      fmt::format("{}: {} of {}, {} left", table, grouped(done), grouped(total), duration_text(seconds_left));
  const std::string whole =
      bar(static_cast<double>(done) / static_cast<double>(std::max<int64_t>(total, 1)), 20) + text;
  return terminal::shortened(terminal::columns_of(whole) <= columns ? whole : text, columns);
}

ProgressPrinter::ProgressPrinter(bool at_once)
    : on_terminal_(messages_on_terminal()),
      colour_(messages_in_colour()),
      interval_(on_terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10)),
      last_(at_once ? Clock::time_point() : Clock::now()) {}

ProgressPrinter::~ProgressPrinter() {
  clear_line();
}

void ProgressPrinter::clear_line() {
  if (line_drawn_) {
    clear_message();
    line_drawn_ = false;
  }
}

void ProgressPrinter::print_line(const std::string& line) {
  clear_line();
  print_message(line);
}

void ProgressPrinter::started(const std::filesystem::path& log, int64_t first_step) {
  print_line(fmt::format("{}: training from step {}", log.string(), first_step));
}

bool ProgressPrinter::is_due() {
  const Clock::time_point now = Clock::now();
  if (now - last_ < interval_) {
    return false;
  }
  last_ = now;
  return true;
}

void ProgressPrinter::draw_line(const std::string& line) {
  redraw_message(line);
  line_drawn_ = true;
}

void ProgressPrinter::progress(const training::Progress& progress) {
  if (!is_due()) {
    return;
  }
  if (on_terminal_) {
    draw_line(bar_line(progress, line_columns()));
  } else {
    print_message(plain_line(progress));
  }
}

void ProgressPrinter::evaluating(std::string_view table, int64_t done, int64_t total) {
  const Clock::time_point now = Clock::now();
  if (table != table_) {
    table_ = table;
    table_begun_ = now;
  }
  if (done >= total) {
    table_.clear();  // the next of that name is another evaluation
  }
  if (done >= total || !is_due()) {
    return;
  }
  const double seconds = std::chrono::duration<double>(now - table_begun_).count();
  const double left = done > 0 ? seconds * static_cast<double>(total - done) / static_cast<double>(done) : -1;
  const std::string line = evaluation_line(table, done, total, left, on_terminal_ ? line_columns() : std::string::npos);
  if (on_terminal_) {
    draw_line(line);
  } else {
    print_message(line);
  }
}

void ProgressPrinter::evaluated(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best) {
  print_line(evaluated_line(step, epoch, metrics, best, colour_));
}

void ProgressPrinter::message(std::string_view text) {
  print_line(warning_line(text, colour_));
}

void WarningPrinter::message(std::string_view text) {
  print_message(warning_line(text, messages_in_colour()));
}

int exit_code_of(const training::RunOutcome& outcome) {
  return outcome.status == runlog::Status::failed        ? exit_failed
         : outcome.status == runlog::Status::interrupted ? exit_interrupted
                                                         : exit_done;
}

int report_outcome(const training::RunOutcome& outcome) {
  const bool early = outcome.status == runlog::Status::finished && !outcome.reason.empty();
  print(fmt::format("{}\n{}: {} steps, {} of training, {} samples/s{}{}\n", printable(outcome.log.string()),
                    to_string(outcome.status), grouped(outcome.steps), duration_text(outcome.training_seconds),
                    grouped(std::llround(outcome.samples_per_second)), early ? "; " : "", early ? outcome.reason : ""));
  if (!outcome.metrics.empty()) {
    print(fmt::format("evaluation:{}\n", metrics_text(outcome.metrics)));
  }
  if (outcome.status == runlog::Status::failed) {
    print_message(fmt::format("atelier: error: the run failed: {}", outcome.reason));
  } else if (outcome.status == runlog::Status::interrupted) {
    print_message(fmt::format("atelier: interrupted; go on with: atelier resume {}", outcome.log.string()));
  }
  return exit_code_of(outcome);
}

}  // namespace atelier::cli
