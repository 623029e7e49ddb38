#include "cli/watch_options.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/error.hpp"
#include "cli/run_options.hpp"

namespace atelier::cli {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr double binary = 1024;
constexpr std::array<Unit, 11> units{{{"", 1},
                                      {"B", 1},
                                      {"kB", 1e3},
                                      {"MB", 1e6},
                                      {"GB", 1e9},
                                      {"TB", 1e12},
                                      {"KiB", binary},
                                      {"MiB", binary* binary},
                                      {"GiB", binary* binary* binary},
                                      {"TiB", binary* binary* binary* binary},
                                      {"kiB", binary}}};

// The number at the front, and what follows it; NaN where there is none.
double number_in(const std::string& text, std::string_view& rest) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  rest = std::string_view(end, static_cast<size_t>(text.data() + text.size() - end));
  return status == std::errc() ? value : std::nan("");
}

uint64_t bytes_of(const std::string& text) {
  std::string_view rest;
  const double number = number_in(text, rest);
  for (const Unit& unit : units) {
    constexpr double least = 1 << 20U, most = 1e18;
    if (rest == unit.name && number * unit.bytes >= least && number * unit.bytes <= most) {
      return static_cast<uint64_t>(number * unit.bytes);
    }
  }
  throw Error(ErrorKind::usage, "--memory-limit: got '{}', expected at least 1 MiB, as 2GiB, 500MB or 3000000000",
              text);
}

double seconds_of(const std::string& text) {
  std::string_view rest;
  const double seconds = number_in(text, rest);
  constexpr double least = 0.1, most = 1e9;
  if (!(seconds >= least && seconds <= most) || !rest.empty()) {
    throw Error(ErrorKind::usage, "--stall-timeout: got '{}', expected seconds, at least {}", text, least);
  }
  return seconds;
}

}  // namespace

WatchOptions watch_options_of(const Arguments& arguments) {
  WatchOptions watch;
  if (arguments.has("stall-timeout")) {
    watch.stall_seconds = seconds_of(arguments.text("stall-timeout", ""));
  }
  if (arguments.has("memory-limit")) {
    watch.memory = bytes_of(arguments.text("memory-limit", ""));
  }
  constexpr int64_t most_retries = 1000;
  watch.retries = arguments.integer("retries", 0, 0, most_retries);
  return watch;
}

std::vector<Option> watch_options() {
  return {{"stall-timeout", "SECONDS",
           "a run fails in which nothing moves on for so long: no step, no part of an evaluation"},
          {"memory-limit", "2GiB", "a run fails that needs more"},
          {"json-lines", "", "print a JSON object for each event, one in a line, and nothing else: docs/sweeps.md"},
          {"retries", "N", "go on so often from the checkpoint after a crash, a stall, a lack of memory or a kill"}};
}

supervision::Rules rules_for_one(const Arguments& arguments, const WatchOptions& watch) {
  supervision::Rules rules;
  rules.threads = environment_of(arguments).threads;
  rules.stall_seconds = watch.stall_seconds;
  rules.memory = watch.memory;
  return rules;
}

}  // namespace atelier::cli
