#include "cli/paired_runs.hpp"

#include <fmt/core.h>

#include <charconv>

#include "base/error.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_check.hpp"
#include "training/summary.hpp"

namespace atelier::cli {
namespace {

using experiment::Sweep;
using experiment::SweepPoint;

constexpr int64_t usual_pairs = 20, most_pairs = 1000;  // the last where time is what ends it

// "20" pairs, or "90s", "30m", "2h".
void read_budget(const std::string& text, int64_t& pairs, double& seconds) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, number);
  constexpr double minute = 60, hour = 3600;
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  const double factor = unit == "s" ? 1 : unit == "m" ? minute : unit == "h" ? hour : 0;
  const bool counts = unit.empty() && number >= 2 && number <= static_cast<double>(most_pairs) &&
                      number == static_cast<double>(static_cast<int64_t>(number));
  if (status != std::errc() || !(counts || (factor > 0 && number > 0 && number * factor < 1e9))) {
    throw Error(ErrorKind::usage,
                "--budget: got '{}', expected 2 to {} pairs of seeds, or a time such as 90s, 30m or 2h", text,
                most_pairs);
  }
  if (counts) {
    pairs = static_cast<int64_t>(number);
  } else {
    pairs = most_pairs;
    seconds = number * factor;
  }
}

double read_confidence(const std::string& text) {
  double confidence = 0;
  const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), confidence);
  constexpr double least = 0.5, most = 0.9999;
  if (status != std::errc() || rest != text.data() + text.size() || !(confidence >= least && confidence <= most)) {
    throw Error(ErrorKind::usage, "--confidence: got '{}', expected a number in [{}, {}]", text, least, most);
  }
  return confidence;
}

const SweepPoint& point_by(const Sweep& sweep, const std::string& beginning) {
  const SweepPoint* found = nullptr;
  size_t count = 0;
  for (const SweepPoint& point : sweep.points) {
    if (!beginning.empty() && point.identity.starts_with(beginning)) {
      found = &point;
      ++count;
    }
  }
  if (count != 1) {
    throw Error(
        ErrorKind::usage,
        "--between: got '{}', which {} of the {} points begin with; expected the identities of two with ',' between "
        "them, as --dry-run lists them",
        beginning, count, sweep.points.size());
  }
  return *found;
}

std::array<const SweepPoint*, 2> two_points(const Arguments& arguments, const Sweep& sweep) {
  if (arguments.has("between")) {
    const std::string given = arguments.text("between", "");
    const size_t comma = std::min(given.find(','), given.size());
    const SweepPoint& a = point_by(sweep, given.substr(0, comma));
    const SweepPoint& b = point_by(sweep, given.substr(std::min(comma + 1, given.size())));
    if (&a == &b) {
      throw Error(ErrorKind::usage, "--between: got '{}', the same point twice, expected two", given);
    }
    return {&a, &b};
  }
  if (sweep.points.size() != 2) {
    throw Error(ErrorKind::usage,
                "--until-decided: got {} points, expected two; hint: --between A,B chooses two of them",
                sweep.points.size());
  }
  return {&sweep.points[0], &sweep.points[1]};
}

void check_words(const Arguments& arguments, const std::optional<Sweep>& sweep) {
  for (const char* other : {"seeds", "profile"}) {
    if (arguments.has(other)) {
      throw Error(ErrorKind::usage, "--{}: expected none beside --until-decided{}", other,
                  std::string_view(other) == "seeds" ? ", which adds seeds itself" : "");
    }
  }
  if (!sweep) {
    throw Error(ErrorKind::usage,
                "--until-decided: got a single experiment, expected a sweep with two points; hint: model.latent=2,10");
  }
  for (const std::string& key : sweep->keys) {
    if (key == "seed") {
      throw Error(ErrorKind::usage, "--until-decided: got a sweep over seeds, expected none, as it adds seeds itself");
    }
  }
  if (sweep->halving) {
    throw Error(ErrorKind::usage, "--until-decided: got a sweep with halving, expected one without");
  }
}

SweepPoint with_seed(const std::string& file, const SweepPoint& side, int64_t seed, const plugin::Registry& registry) {
  SweepPoint point = side;
  const std::string word = fmt::format("seed={}", seed);
  point.overrides.push_back(word);
  point.label += (point.label.empty() ? "" : " ") + word;
  point.values.push_back(fmt::format("{}", seed));
  point.identity =
      experiment::identity_of(experiment::load_point(file, point.overrides, registry.descriptions()).resolved_text);
  return point;
}

}  // namespace

CheckedSweep paired_sweep(const Arguments& arguments, const plugin::Registry& registry, supervision::Pulse& pulse) {
  Pairing pairing;
  int64_t count = usual_pairs;
  if (arguments.has("budget")) {
    read_budget(arguments.text("budget", ""), count, pairing.seconds);
  }
  if (arguments.has("confidence")) {
    pairing.alpha = 1 - read_confidence(arguments.text("confidence", ""));
  }
  const std::optional<Sweep> given = sweep_of(arguments, registry);
  check_words(arguments, given);
  const std::array<const SweepPoint*, 2> points = two_points(arguments, *given);
  const std::string& file = arguments.words.front();
  const std::string metric = arguments.text("until-decided", "");
  for (size_t side = 0; side < 2; ++side) {
    const SweepPoint& point = *points[side];
    const experiment::Experiment experiment = experiment::load_point(file, point.overrides, registry.descriptions());
    const training::ModelSummary summary = training::summarize(experiment, registry, environment_of(arguments, file));
    pulse.beat();
    const EvaluatedMetric found = evaluated_metric(metric, std::nullopt, experiment, summary, "--until-decided");
    if (side == 1 && !(found == pairing.metric)) {
      throw Error(ErrorKind::usage,
                  "--until-decided: got '{}', which means {} at {} and {} at {}, expected one for both", metric,
                  pairing.metric.full_name(), points[0]->label, found.full_name(), point.label);
    }
    pairing.metric = found;
    pairing.first_seed = experiment.seed;
    pairing.names.at(side) = point.label.empty() ? point.name : point.label;
  }
  if (pairing.first_seed > std::numeric_limits<int64_t>::max() - count) {
    throw Error(ErrorKind::usage, "--until-decided: got the seed {}, after which there are no {} more",
                pairing.first_seed, count);
  }
  Sweep sweep;
  sweep.keys = given->keys;
  sweep.keys.emplace_back("seed");
  for (int64_t seed = pairing.first_seed; seed < pairing.first_seed + count; ++seed) {
    for (const SweepPoint* const side : points) {
      sweep.points.push_back(with_seed(file, *side, seed, registry));
    }
  }
  CheckedSweep checked = checked_sweep(arguments, registry, std::move(sweep), pulse);
  checked.pairing = std::move(pairing);
  return checked;
}

std::vector<Option> pairing_options() {
  return {{"until-decided", "METRIC",
           "run two points with more and more seeds, until it is known which of them comes to the better values"},
          {"between", "A,B", "of these two points of a sweep: how their identities begin, as --dry-run lists them"},
          {"budget", "N", "with at most so many seeds each, 20 where it is not given; or no more after 30m, 2h, ..."},
          {"confidence", "0.95", "that the interval has the mean difference in it, at all times together"}};
}

}  // namespace atelier::cli
