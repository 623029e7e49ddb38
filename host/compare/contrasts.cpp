#include "compare/contrasts.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "base/text.hpp"
#include "statistics/effect.hpp"
#include "statistics/multiple.hpp"

namespace atelier::compare {
namespace {

namespace stats = statistics;

struct ComparedValues {
  std::vector<double> of_group, of_reference;  // of pairs one beside the other
};

std::map<uint64_t, double> by_seed(const Grouping& grouping, const Group& group, const Spread& spread) {
  std::map<uint64_t, double> out;
  for (size_t i = 0; i < group.runs.size(); ++i) {
    if (!std::isnan(spread.values[i])) {
      out.emplace(grouping.runs[group.runs[i]].seed, spread.values[i]);
    }
  }
  return out;
}

std::vector<double> values_of(const std::map<uint64_t, double>& by_seed) {
  std::vector<double> out;
  for (const auto& [seed, value] : by_seed) {
    out.push_back(value);
  }
  return out;
}

// Paired where at least half of the smaller group has a partner.
ComparedValues values_for(Contrast& contrast, const Grouping& grouping, const GroupedMetric& metric) {
  const std::vector<Spread>& spreads = metric.of(grouping.request.reading);
  const auto group = by_seed(grouping, grouping.groups[contrast.group], spreads[contrast.group]);
  const auto reference = by_seed(grouping, grouping.groups[contrast.reference], spreads[contrast.reference]);
  ComparedValues pairs;
  for (const auto& [seed, value] : group) {
    if (const auto partner = reference.find(seed); partner != reference.end()) {
      pairs.of_group.push_back(value);
      pairs.of_reference.push_back(partner->second);
    }
  }
  const size_t matched = pairs.of_group.size();
  contrast.paired =
      grouping.request.pair_seeds && matched > 0 && 2 * matched >= std::min(group.size(), reference.size());
  if (!contrast.paired) {
    return {values_of(group), values_of(reference)};
  }
  contrast.without_partner = group.size() + reference.size() - 2 * matched;
  return pairs;
}

void test_pairs(Contrast& contrast, const ComparedValues& values, double level) {
  std::vector<double> differences;
  for (size_t i = 0; i < values.of_group.size(); ++i) {
    differences.push_back(values.of_group[i] - values.of_reference[i]);
  }
  contrast.difference = stats::mean(differences).value;
  contrast.deviation = stats::deviation(differences).value;
  contrast.correlation = stats::correlation(values.of_group, values.of_reference).value;
  contrast.interval = stats::bca_interval(differences, level);
  contrast.effect = stats::paired_effect(differences).value;
  contrast.test = stats::sign_flip_test(differences);
  contrast.smallest_p = stats::smallest_sign_flip_p(differences.size());
}

void test_groups(Contrast& contrast, const ComparedValues& values, double level) {
  contrast.difference = stats::mean(values.of_group).value - stats::mean(values.of_reference).value;
  contrast.interval = stats::bca_interval(values.of_group, values.of_reference, level);
  contrast.effect = stats::unpaired_effect(values.of_group, values.of_reference).value;
  contrast.test = stats::label_test(values.of_group, values.of_reference);
  contrast.smallest_p = stats::smallest_label_p(values.of_group.size(), values.of_reference.size());
}

Contrast contrast_between(const Grouping& grouping, const GroupedMetric& metric, size_t group, size_t reference) {
  Contrast contrast;
  contrast.metric = metric.name;
  contrast.better = metric.better;
  contrast.group = group;
  contrast.reference = reference;
  const ComparedValues values = values_for(contrast, grouping, metric);
  contrast.seeds = values.of_group.size();
  contrast.reference_seeds = values.of_reference.size();
  (contrast.paired ? test_pairs : test_groups)(contrast, values, grouping.request.level);
  return contrast;
}

std::optional<size_t> fewest_seeds(bool paired, double alpha) {
  for (size_t seeds = 2; seeds <= most_seeds; ++seeds) {
    if ((paired ? stats::smallest_sign_flip_p(seeds) : stats::smallest_label_p(seeds, seeds)) <= alpha) {
      return seeds;
    }
  }
  return std::nullopt;
}

// What depends on how many tests there are.
void correct(std::vector<Contrast>& contrasts, double alpha) {
  std::vector<double> p;
  for (const Contrast& contrast : contrasts) {
    p.push_back(contrast.test.p);
  }
  const std::vector<double> corrected = stats::holm(p);
  const auto tests = static_cast<double>(
      std::max<std::ptrdiff_t>(std::ranges::count_if(p, [](double one) { return !std::isnan(one); }), 1));
  for (size_t i = 0; i < contrasts.size(); ++i) {
    Contrast& contrast = contrasts[i];
    contrast.p_holm = corrected[i];
    contrast.settled = corrected[i] <= alpha;
    contrast.smallest_p_holm = std::min(1.0, contrast.smallest_p * tests);
    contrast.seeds_for_smallest = fewest_seeds(contrast.paired, alpha / tests);
    if (std::isfinite(contrast.effect)) {
      const auto needed = contrast.paired ? stats::pairs_needed : stats::values_needed;
      contrast.seeds_needed = needed(contrast.effect, alpha / tests, power_wanted, most_seeds);
    }
  }
}

size_t reference_of(const Grouping& grouping) {
  std::vector<std::string> labels;
  for (size_t i = 0; i < grouping.groups.size(); ++i) {
    if (grouping.groups[i].label == grouping.request.against) {
      return i;
    }
    labels.push_back(grouping.groups[i].label);
  }
  throw Error(ErrorKind::usage, "--against: got '{}', expected one of the groups: {}{}", grouping.request.against,
              one_of(labels), did_you_mean(grouping.request.against, labels));
}

std::vector<std::pair<size_t, size_t>> pairs_of_groups(Grouping& grouping) {
  const size_t count = grouping.groups.size();
  std::vector<std::pair<size_t, size_t>> pairs;
  if (!grouping.request.against.empty()) {
    const size_t reference = reference_of(grouping);
    for (size_t group = 0; group < count; ++group) {
      if (group != reference) {
        pairs.emplace_back(group, reference);
      }
    }
    return pairs;
  }
  constexpr size_t most_groups = 8;
  if (count > most_groups && !grouping.request.all_pairs) {
    grouping.notes.push_back(fmt::format(
        "{} groups have {} pairs, of which none is tested; hint: --against VALUE tests all others against one group, "
        "--all-pairs every pair",
        count, terminal::grouped(static_cast<int64_t>(count * (count - 1) / 2))));
    return pairs;
  }
  for (size_t reference = 0; reference < count; ++reference) {
    for (size_t group = reference + 1; group < count; ++group) {
      pairs.emplace_back(group, reference);
    }
  }
  return pairs;
}

}  // namespace

void add_contrasts(Grouping& grouping) {
  const auto pairs = pairs_of_groups(grouping);
  for (const GroupedMetric& metric : grouping.metrics) {
    if (std::ranges::find(grouping.tested, metric.name) == grouping.tested.end()) {
      continue;
    }
    for (const auto& [group, reference] : pairs) {
      grouping.contrasts.push_back(contrast_between(grouping, metric, group, reference));
    }
  }
  correct(grouping.contrasts, grouping.alpha());
}

}  // namespace atelier::compare
