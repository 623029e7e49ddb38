#include "cli/run_reporter.hpp"

namespace atelier::cli {

using EventKind = RunEvent::Kind;

void RunReporter::judged_by(const std::string& metric, catalog::Direction direction) {
  metric_ = catalog::has_better(direction) ? metric : "";
  larger_is_better_ = direction == catalog::Direction::larger;
  shown_.judged_by(metric, direction);
}

void RunReporter::started(const std::filesystem::path& log, int64_t first_step) {
  RunEvent event;
  event.log = log.string();
  event.step = first_step;
  event.metric = metric_;
  event.larger_is_better = larger_is_better_;
  link_.tell(to_json_line(event));
  link_.pulse().beat();
  shown_.started(log, first_step);
}

void RunReporter::progress(const training::Progress& progress) {
  progress_.step = progress.step;
  progress_.total_steps = progress.total_steps;
  progress_.epoch = progress.epoch;
  progress_.samples_per_second = progress.samples_per_second;
  progress_.seconds_left = progress.seconds_left;
  progress_.part_done = progress_.part_total = 0;
  if (!progress.losses.empty()) {
    progress_.loss_name.set(progress.losses.front().first);
    progress_.loss = progress.losses.front().second;
  }
  link_.pulse().say(progress_);
  shown_.progress(progress);
}

void RunReporter::evaluated(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best) {
  RunEvent event;
  event.kind = EventKind::evaluated;
  event.step = step;
  event.epoch = epoch;
  event.metrics = metrics;
  event.best = best;
  event.metric = metric_;
  event.larger_is_better = larger_is_better_;
  link_.tell(to_json_line(event));
  link_.pulse().beat();
  shown_.evaluated(step, epoch, metrics, best);
}

void RunReporter::message(std::string_view text) {
  RunEvent event;
  event.kind = EventKind::warning;
  event.text = text;
  link_.tell(to_json_line(event));
  shown_.message(text);
}

void RunReporter::evaluating(std::string_view what, int64_t done, int64_t total) {
  progress_.part.set(what);
  progress_.part_done = done;
  progress_.part_total = total;
  link_.pulse().say(progress_);
  shown_.evaluating(what, done, total);
}

}  // namespace atelier::cli
