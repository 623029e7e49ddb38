#include "training/measures.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace atelier::training {
namespace {

using catalog::Direction;
using catalog::Kind;
using catalog::Measure;

// "loss.NAME" is the unit of the loss in that slot.
std::string unit_of(const experiment::Experiment& experiment, const plugin::Registry& registry,
                    const std::string& unit) {
  constexpr std::string_view of_loss = "loss.";
  if (!unit.starts_with(of_loss)) {
    return unit;
  }
  const auto loss = experiment.losses.find(unit.substr(of_loss.size()));
  const Measure* const value =
      loss == experiment.losses.end() ? nullptr : registry.get(Kind::loss, loss->second.use).description.measure("");
  return value == nullptr ? "" : value->unit;
}

const Measure* declared(const experiment::Experiment& experiment, const plugin::Registry& registry,
                        const std::string& name) {
  const size_t point = name.find('.');
  const auto metric = experiment.metrics.find(name.substr(0, point));
  if (metric != experiment.metrics.end()) {
    return registry.get(Kind::metric, metric->second.use)
        .description.measure(point == std::string::npos ? "" : name.substr(point + 1));
  }
  return registry.get(Kind::model, experiment.model.use).description.measure(name);
}

std::string said(Direction direction) {
  return direction == Direction::neither ? "neither larger nor smaller values are better"
                                         : fmt::format("{} values are better", catalog::to_string(direction));
}

}  // namespace

Measure measure_of(const experiment::Experiment& experiment, const plugin::Registry& registry,
                   const std::string& name) {
  const Measure* const found = declared(experiment, registry, name);
  if (found == nullptr) {
    return {name, name == "loss" ? Direction::smaller : Direction::unknown, "", ""};
  }
  return {name, found->direction, unit_of(experiment, registry, found->unit), found->help};
}

Monitor monitor_of(const experiment::Experiment& experiment, const Measure& measured) {
  const experiment::Evaluate& evaluate = experiment.evaluate;
  Monitor out{evaluate.metric, measured.direction, "", ""};
  if (evaluate.goal) {
    out.direction = *evaluate.goal == experiment::Goal::max ? Direction::larger : Direction::smaller;
    out.reason = fmt::format("of '{}' {}, as evaluate.goal says", out.metric, said(out.direction));
    if (measured.direction != Direction::unknown && measured.direction != out.direction) {
      out.warning = fmt::format(
          "evaluate.goal: of '{}' {}, says the experiment; {}, says the plugin that reports it; the experiment is "
          "followed",
          out.metric, said(out.direction), said(measured.direction));
    }
    return out;
  }
  if (out.direction == Direction::unknown) {
    throw Error(ErrorKind::experiment,
                "evaluate.metric: nobody says whether larger or smaller values of '{}' are better; hint: set "
                "evaluate.goal to 'max' or 'min'",
                out.metric);
  }
  out.reason = fmt::format("of '{}' {}", out.metric, said(out.direction));
  if (out.direction == Direction::neither) {
    constexpr std::string_view hint = "hint: name a metric of quality in evaluate.metric, or set evaluate.goal";
    if (experiment.train.early_stopping) {
      throw Error(ErrorKind::experiment, "train.early_stopping: {}, so that nothing can improve; {}", out.reason, hint);
    }
    out.reason = fmt::format("none is kept: {}; {}", out.reason, hint);
  }
  return out;
}

}  // namespace atelier::training
