#include "cli/sweep_task.hpp"

#include <charconv>

#include "base/error.hpp"
#include "cli/sweep.hpp"
#include "plugin/against_descriptions.hpp"

namespace atelier::cli {
namespace {

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

Task task_of(const Arguments& arguments) {
  const std::string given = arguments.text("task", "");
  const size_t slash = std::min(given.find('/'), given.size());
  const auto index = whole_number(std::string_view(given).substr(0, slash));
  const auto count = whole_number(std::string_view(given).substr(std::min(slash + 1, given.size())));
  if (!index || !count || *count < 1 || *index < 0 || *index >= *count) {
    const std::string range = count && *count >= 1 ? std::to_string(*count - 1) : "N-1";
    throw Error(ErrorKind::usage, "--task: got '{}', expected I/N with I from 0 to {}", given, range);
  }
  return {*index, *count};
}

experiment::Sweep part_of(const experiment::Sweep& sweep, const Task& task) {
  experiment::Sweep part{sweep.keys, {}, sweep.left_out};
  for (size_t i = static_cast<size_t>(task.index); i < sweep.points.size(); i += static_cast<size_t>(task.count)) {
    part.points.push_back(sweep.points[i]);
  }
  return part;
}

experiment::Sweep sweep_or_single(const Arguments& arguments, const plugin::Registry& registry) {
  if (auto sweep = sweep_of(arguments, registry)) {
    if (sweep->halving) {
      throw Error(
          ErrorKind::usage,
          "{}: got a sweep with halving, whose points wait for each other, expected one whose points can be given "
          "out beforehand; hint: the same 'atelier run' on each machine shares them",
          arguments.words.front());
    }
    return *std::move(sweep);
  }
  const experiment::Experiment single = experiment_of(arguments, registry);
  experiment::Sweep sweep;
  sweep.points.push_back({experiment::identity_of(single.resolved_text), single.name, {}, "", single.overrides});
  return sweep;
}

std::optional<experiment::Sweep> sweep_to_run(const Arguments& arguments, const plugin::Registry& registry) {
  if (arguments.has("point") && arguments.has("task")) {
    throw Error(ErrorKind::usage, "--task: got --point beside it, expected one of them");
  }
  if (arguments.has("point")) {
    return std::nullopt;
  }
  if (!arguments.has("task")) {
    return sweep_of(arguments, registry);
  }
  const Task task = task_of(arguments);
  return part_of(sweep_or_single(arguments, registry), task);
}

Option task_option() {
  return {"task", "I/N",
          "the part of a sweep that falls to task I of N, from 0/N to N-1/N: every N-th point from point I on, counted "
          "from 0"};
}

}  // namespace atelier::cli
