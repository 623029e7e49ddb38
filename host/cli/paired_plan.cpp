#include "cli/paired_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.hpp"
#include "cli/program.hpp"
#include "cli/terminal.hpp"
#include "runlog/headings.hpp"

namespace atelier::cli {
namespace {

using catalog::Direction;

}  // namespace

PairedPlan::PairedPlan(const experiment::Sweep& sweep, Pairing pairing)
    : sweep_(sweep), pairing_(std::move(pairing)), values_(sweep.points.size() / 2) {
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    by_identity_[sweep.points[i].identity] = i;
  }
}

std::string PairedPlan::seeds_text(size_t count) const {
  const bool one = count == 1;
  return fmt::format("{} pair{} ({} {}{})", count, one ? "" : "s", one ? "seed" : "seeds", seed_of(0),
                     one ? "" : fmt::format(" to {}", seed_of(count - 1)));
}

bool PairedPlan::is_over() const {
  return result_.settled || result_.not_finite || !failure_.empty() || elsewhere_ || interrupted_;
}

// Pairs that could not settle it yet, beside those that the present mean and spread ask for, would be run in vain.
size_t PairedPlan::given_at_most() const {
  size_t least = 2;
  while (std::isinf(decision::half_length(static_cast<int64_t>(least), pairing_.alpha))) {
    ++least;
  }
  const decision::MeanInterval& now = result_.interval;
  const auto to_go = decision::differences_to_go(now, pairing_.alpha, static_cast<int64_t>(values_.size()));
  const auto ahead = static_cast<size_t>(now.count + std::max<int64_t>(to_go.value_or(0), 1));
  const size_t pairs = to_go || now.count < static_cast<int64_t>(least) ? std::max(least, ahead) : values_.size();
  return 2 * std::min(pairs, values_.size());
}

std::optional<PointTask> PairedPlan::next() {
  if (is_over() || given_ >= given_at_most()) {
    return std::nullopt;
  }
  const bool begins_pair = given_ % 2 == 0;
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun_;
  if (begins_pair && passed.count() > pairing_.seconds) {
    return std::nullopt;
  }
  PointTask task{sweep_.points[given_]};
  task.decides = true;
  ++given_;
  return task;
}

size_t PairedPlan::waiting() const {
  return is_over() ? 0 : given_at_most() - std::min(given_, given_at_most());
}

size_t PairedPlan::total() const {
  return is_over() ? given_ : std::max(given_, given_at_most());
}

void PairedPlan::ended(const PointResult& result) {
  const size_t point = by_identity_.at(result.identity);
  const size_t pair = point / 2, side = point % 2;
  switch (result.kind) {
    case PointResult::Kind::finished: {
      reused_ += result.ran ? 0 : 1;
      const double value = final_value(runlog::read_headings({result.log}).front(), pairing_.metric);
      (side == 0 ? values_[pair].a : values_[pair].b) = value;
      break;
    }
    case PointResult::Kind::failed:
    case PointResult::Kind::paused:
      failure_ = fmt::format("{} with seed {} failed, and has no value: {}{}", printable(pairing_.names.at(side)),
                             seed_of(pair), printable(result.reason),
                             result.log.empty() ? "" : fmt::format(" ({})", printable(result.log.string())));
      break;
    case PointResult::Kind::elsewhere:
      elsewhere_ = true;
      break;
    case PointResult::Kind::interrupted:
      interrupted_ = true;
      break;
  }
  const int64_t before = result_.interval.count;
  result_ = decision::compare_pairs(values_, pairing_.alpha);
  if (result_.interval.count > before && !result_.settled) {
    print_message(fmt::format("after {}: a - b {}; {}", seeds_text(static_cast<size_t>(result_.interval.count)),
                              interval_text(), forecast_text()));
  }
}

std::string PairedPlan::interval_text() const {
  const decision::MeanInterval& now = result_.interval;
  constexpr double percent = 100;
  const std::string level = fmt::format("{:g}%", percent * (1 - pairing_.alpha));
  if (!std::isinf(now.high)) {
    return fmt::format("{:.6g}, {} interval [{:.6g}, {:.6g}]", now.mean, level, now.low, now.high);
  }
  return fmt::format(
      "{:.6g}, {}", now.mean,
      now.count >= 2 && !(now.spread > 0) ? "by each pair alike" : "too few for an interval of " + level);
}

std::string PairedPlan::forecast_text() const {
  const decision::MeanInterval& now = result_.interval;
  constexpr int64_t most = 1'000'000;
  if (now.count >= 2 && !(now.spread > 0)) {
    return "all differences are the same, which settles nothing";
  }
  const auto to_go = decision::differences_to_go(now, pairing_.alpha, most);
  return now.count < 2 ? "too few for a forecast"
         : to_go       ? fmt::format("{} more pair{} of seeds would settle it if mean and spread stayed so", *to_go,
                               *to_go == 1 ? "" : "s")
                       : fmt::format("more than {} pairs of seeds would be needed if mean and spread stayed so", most);
}

std::optional<SweepPlan::Conclusion> PairedPlan::conclude() {
  std::string text = fmt::format("a: {}\nb: {}\n", printable(pairing_.names[0]), printable(pairing_.names[1]));
  const auto count = static_cast<size_t>(result_.interval.count);
  if (count > 0) {
    text += fmt::format("{} a - b over {}: {}\n", printable(pairing_.metric.full_name()), seeds_text(count),
                        interval_text());
  }
  if (reused_ > 0) {
    text += fmt::format("{} of the runs were there before\n", reused_);
  }
  if (result_.settled) {
    const bool a_larger = result_.interval.sign() > 0;
    const Direction direction = pairing_.metric.direction;
    const std::string which = a_larger ? "larger" : "smaller";
    const bool a_better = a_larger == (direction == Direction::larger);
    text += has_better(direction)
                ? fmt::format("settled: {} is better; a comes to the {} values\n", a_better ? "a" : "b", which)
                : fmt::format("settled: a comes to the {} values\n", which);
    return Conclusion{text, exit_done};
  }
  if (result_.not_finite) {
    return Conclusion{text + fmt::format("not settled: with seed {} a value is not finite, and has no difference\n",
                                         seed_of(*result_.not_finite)),
                      exit_failed};
  }
  if (!failure_.empty()) {
    return Conclusion{text + "not settled: " + failure_ + "\n", exit_failed};
  }
  if (elsewhere_) {
    return Conclusion{text + "not settled: a run that is needed is being made elsewhere\n", exit_failed};
  }
  return Conclusion{text + fmt::format("not settled: {}\n", forecast_text()), exit_differs};
}

}  // namespace atelier::cli
