// What the words of a command line mean of a sweep: all of it, or one of its points.
#include <fmt/core.h>

#include <charconv>
#include <sstream>

#include "base/error.hpp"
#include "cli/sweep.hpp"
#include "plugin/against_descriptions.hpp"

namespace atelier::cli {
namespace {

constexpr int64_t most_seeds = 10'000;

[[noreturn]] void throw_no_seeds(const std::string& given) {
  throw Error(ErrorKind::usage,
              "--seeds: got '{}', expected at most {} seeds such as 0..5, both ends among them, or 1,2,7", given,
              most_seeds);
}

int64_t seed_of(const std::string& text, const std::string& given) {
  int64_t seed = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (status != std::errc() || end != text.data() + text.size() || seed < 0) {
    throw_no_seeds(given);
  }
  return seed;
}

// "0..5,9"
std::vector<int64_t> seeds_of(const Arguments& arguments) {
  std::vector<int64_t> seeds;
  const std::string given = arguments.text("seeds", "");
  std::istringstream parts(given);
  for (std::string part; std::getline(parts, part, ',');) {
    const size_t dots = part.find("..");
    const int64_t first = seed_of(part.substr(0, dots), given);
    const int64_t last = dots == std::string::npos ? first : seed_of(part.substr(dots + 2), given);
    if (last < first || last - first >= most_seeds - std::ssize(seeds)) {
      throw_no_seeds(given);
    }
    for (int64_t seed = first; seed <= last; ++seed) {
      seeds.push_back(seed);
    }
  }
  if (arguments.has("seeds") && seeds.empty()) {
    throw_no_seeds(given);
  }
  return seeds;
}

std::vector<std::string> overrides_of(const Arguments& arguments) {
  return {arguments.words.begin() + 1, arguments.words.end()};
}

constexpr size_t whole_identity = 64;  // digits

// By the words alone and the whole identity, as a sweep starts its points; nothing where they are no experiment, or
// another one.
std::optional<experiment::Experiment> point_by_words(const Arguments& arguments, const plugin::Registry& registry,
                                                     const std::string& identity) {
  try {
    if (identity.size() != whole_identity) {
      return std::nullopt;
    }
    auto point = experiment::load_point(arguments.words.front(), overrides_of(arguments), registry.descriptions());
    return experiment::identity_of(point.resolved_text) == identity ? std::optional(std::move(point)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

experiment::Experiment point_of(const Arguments& arguments, const plugin::Registry& registry) {
  const std::string identity = arguments.text("point", "");
  if (auto point = point_by_words(arguments, registry, identity)) {
    return std::move(*point);
  }
  const std::string& file = arguments.words.front();
  const auto sweep = sweep_of(arguments, registry);
  std::vector<const experiment::SweepPoint*> found;
  for (size_t i = 0; sweep && i < sweep->points.size(); ++i) {
    if (!identity.empty() && sweep->points[i].identity.starts_with(identity)) {
      found.push_back(&sweep->points[i]);
    }
  }
  if (found.size() != 1) {
    throw Error(ErrorKind::usage,
                "--point: got '{}', which {} of the {} points of {} begin with; expected the identity of one, "
                "as 'atelier run {} --dry-run' lists them",
                identity, found.size(), sweep ? sweep->points.size() : 0, file, file);
  }
  return experiment::load_point(file, found.front()->overrides, registry.descriptions());
}

}  // namespace

std::optional<experiment::Sweep> sweep_of(const Arguments& arguments, const plugin::Registry& registry) {
  const experiment::SweepWords words{overrides_of(arguments), seeds_of(arguments)};
  return plugin::against_descriptions(
      registry, [&] { return experiment::load_sweep(arguments.words.front(), words, registry.descriptions()); });
}

experiment::Experiment experiment_of(const Arguments& arguments, const plugin::Registry& registry) {
  return plugin::against_descriptions(registry, [&] {
    return arguments.has("point")
               ? point_of(arguments, registry)
               : experiment::load(arguments.words.front(), overrides_of(arguments), registry.descriptions());
  });
}

std::string settings_but_for_seeds(const experiment::Experiment& experiment) {
  std::string text;
  for (const auto& value : experiment.resolved) {
    const bool of_the_top = value.table.empty();
    const bool is_seed = value.key == "seed" && (of_the_top || value.table == "sample");
    if (!is_seed && !(of_the_top && value.key == "tags")) {
      text += fmt::format("{}.{}={}\n", value.table, value.key, value.literal);
    }
  }
  return text;
}

Option point_option() {
  return {"point", "IDENTITY", "one point of the file's sweep: how its identity begins, as --dry-run lists it"};
}

std::vector<Option> sweep_options() {
  return {{"seeds", "0..5", "a sweep over these seeds, both ends among them; or 1,2,7"},
          point_option(),
          {"jobs", "N", "of a sweep: so many points at a time, which share the threads"},
          {"fail-fast", "", "of a sweep: stop at the first point that fails"}};
}

}  // namespace atelier::cli
