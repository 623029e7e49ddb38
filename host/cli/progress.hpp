// What a run shows while it trains: on a terminal one line that is redrawn, elsewhere a line now and then.
#pragma once

#include <chrono>
#include <string>

#include "training/run.hpp"

namespace atelier::cli {

// "[#####-----] epoch 3.2/10  loss 231.4  41,200 samples/s  0:23 left", with less where that is more than so many
// columns.
std::string bar_line(const training::Progress& progress, size_t columns);

// "[####----] metric.nll: 1,200 of 10,000, 0:40 left"
std::string evaluation_line(std::string_view table, int64_t done, int64_t total, double seconds_left, size_t columns);

// "[####------] " with so many places between the brackets.
std::string bar(double share, int width);

// "step 120/4800, epoch 0.3/10: loss 231.4, 41,200 samples/s, 0:23 left", of any length.
std::string plain_line(const training::Progress& progress);

// "evaluation at step 120, epoch 1:  loss 231.4  * best"
std::string evaluated_line(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best,
                           bool colour);

class ProgressPrinter : public training::Observer {
 public:
  // `at_once`: the first line, too, which otherwise waits as long as any other.
  explicit ProgressPrinter(bool at_once = false);
  ~ProgressPrinter() override;  // leaves the terminal at the start of a line

  void started(const std::filesystem::path& log, int64_t first_step) override;
  void progress(const training::Progress& progress) override;
  void evaluated(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best) override;
  void message(std::string_view text) override;
  void evaluating(std::string_view table, int64_t done, int64_t total) override;

 private:
  using Clock = std::chrono::steady_clock;

  bool is_due();  // not more often than a reader can follow
  void draw_line(const std::string& line);

  void clear_line();
  void print_line(const std::string& line);

  bool on_terminal_;
  bool colour_;
  bool line_drawn_ = false;
  Clock::duration interval_;
  Clock::time_point last_;
  std::string table_;  // that is evaluated, and since when
  Clock::time_point table_begun_;
};

// Of a run whose progress somebody else shows.
class WarningPrinter : public training::Observer {
 public:
  void started(const std::filesystem::path& /*log*/, int64_t /*first_step*/) override {}
  void progress(const training::Progress& /*progress*/) override {}
  void evaluated(int64_t /*step*/, double /*epoch*/, const std::map<std::string, double>& /*metrics*/,
                 bool /*best*/) override {}
  void message(std::string_view text) override;
};

int exit_code_of(const training::RunOutcome& outcome);

// Prints how a run ended (the log's path, the last evaluation, the time) and returns the exit code for it.
int report_outcome(const training::RunOutcome& outcome);

}  // namespace atelier::cli
