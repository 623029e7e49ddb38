#include "check/metric_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "check/model_tables.hpp"
#include "check/trial.hpp"

namespace atelier::check {
namespace {

std::vector<Made> measured(const Workplace& workplace, const experiment::Experiment& experiment, int threads,
                           int times) {
  Trial trial(experiment, workplace, threads);
  std::vector<Made> out;
  for (int turn = 0; turn < times; ++turn) {
    const inference::SplitMetrics found = trial.setup().evaluator.evaluate(
        trial.setup().data.evaluated_subset(), experiment.evaluate.batch_size, inference::MetricsDue::all);
    out.clear();
    const auto add = [&](const std::string& name, const std::vector<double>& values) {
      Made& made = out.emplace_back(Made{fmt::format("'{}'", name), {}});
      made.bytes.resize(values.size() * sizeof(double));
      std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
    };
    for (const auto& [name, value] : found.values) {
      add(name, {value});
    }
    for (const plugin::MetricArray& array : found.arrays) {
      add(array.name, array.values);
    }
  }
  return out;
}

// A model that comes with the metric may have the outputs that it asks for. "" where none of them evaluates.
std::string find_own_model(const Workplace& workplace, const catalog::Description& metric, Tables& tables) {
  const std::string of_metric = tables.more;
  for (const catalog::Description& model : workplace.registry.descriptions()) {
    if (model.kind != catalog::Kind::model || model.plugin_path != metric.plugin_path) {
      continue;
    }
    std::string where;
    try {
      tables.model = lines_of(workplace, model);
      tables.more = losses_of(workplace, model);
      where = fmt::format("of model '{}' {}", model.name, find_data(workplace, tables));
      measured(workplace, experiment_of(workplace, tables), 1, 1);
    } catch (const std::exception&) {
      continue;  // the model's own check says so
    }
    try {
      tables.more += of_metric;
      measured(workplace, experiment_of(workplace, tables), 1, 1);
      return where;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unsupported) {
        throw;
      }
    }
  }
  return "";
}

// The model and the data that the metric can be made for.
std::string find_model(const Workplace& workplace, const catalog::Description& metric, Tables& tables) {
  std::string first, lacking;
  for (const char* logits : {"label", "mask"}) {
    for (const Data& data : {kinds_of_data()[0], kinds_of_data()[2]}) {
      tables.dataset = data.lines;
      tables.model = fmt::format("use = \"check-outputs\"\nlogits = \"{}\"\n", logits);
      const experiment::Experiment experiment = experiment_of(workplace, tables);
      try {
        measured(workplace, experiment, 1, 1);
        return fmt::format("on {}", data.name);
      } catch (const Error& error) {
        std::string& kept = error.kind() == ErrorKind::unsupported ? lacking : first;
        kept = kept.empty() ? error.what() : kept;
      }
    }
  }
  if (!first.empty()) {
    throw Error(ErrorKind::plugin, "{}", first);
  }
  if (const std::string where = find_own_model(workplace, metric, tables); !where.empty()) {
    return where;
  }
  throw NotRun(fmt::format("no model of the check or of this library has what it asks for: {}", lacking));
}

std::string words_for(const std::vector<Made>& made) {
  std::string words;
  for (const Made& one : made) {
    double value = 0;
    if (one.bytes.size() == sizeof value && one.name != "'loss'") {
      std::memcpy(&value, one.bytes.data(), sizeof value);
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", one.name, terminal::number_text(value));
    }
  }
  return words;
}

// What the metric has not filled in is NaN, as results begin; some of an array may be, as of a class without samples.
void require_numbers(const std::vector<Made>& made) {
  for (const Made& one : made) {
    std::vector<double> values(one.bytes.size() / sizeof(double));
    std::memcpy(values.data(), one.bytes.data(), one.bytes.size());
    if (!values.empty() && std::ranges::all_of(values, [](double value) { return std::isnan(value); })) {
      throw Error(ErrorKind::plugin,
                  "its result {} is not a number; hint: finish gives a value for each of `results`, in their order and "
                  "as many as their lengths say",
                  one.name);
    }
  }
}

}  // namespace

void check_metric(Report& report, const Workplace& workplace, const catalog::Description& metric) {
  Tables tables;
  const bool built = report.run("measures", [&] {
    tables.more = fmt::format("[metric.value]\n{}", lines_of(workplace, metric));
    const std::string where = find_model(workplace, metric, tables);
    const std::vector<Made> made = measured(workplace, experiment_of(workplace, tables), 2, 1);
    require_numbers(made);
    return fmt::format("{}: {}", where, words_for(made));
  });
  if (!built) {
    return;
  }
  const experiment::Experiment experiment = experiment_of(workplace, tables);
  report.run("equal bits", [&] {
    const std::vector<Made> made = measured(workplace, experiment, 2, 1);
    if (const std::string differs = difference(made, measured(workplace, experiment, 1, 1)); !differs.empty()) {
      throw Error(ErrorKind::plugin,
                  "on one thread and on two, {} is another one; hint: look for static variables, the "
                  "clock, and random numbers of your own",
                  differs);
    }
    return std::string("on one thread and on two");
  });
  report.run("begins anew", [&] {
    const std::vector<Made> made = measured(workplace, experiment, 2, 1);
    if (const std::string differs = difference(made, measured(workplace, experiment, 2, 2)); !differs.empty()) {
      throw Error(ErrorKind::plugin,
                  "measured a second time, {} is another one; hint: an evaluation makes all passes, so nothing may be "
                  "left of the one before",
                  differs);
    }
    return std::string("a second evaluation is as the first");
  });
}

}  // namespace atelier::check
