// atelier check FILE [key=value ...]
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/terminal_table.hpp"
#include "base/text.hpp"
#include "cli/program.hpp"
#include "cli/ranked_work.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "experiment/experiment.hpp"
#include "training/equal_ranks.hpp"
#include "training/summary.hpp"

namespace atelier::cli {
namespace {

using Json = nlohmann::ordered_json;
using terminal::grouped;

std::string parameters_text(const training::ModelSummary& summary, const terminal::Layout& layout) {
  terminal::TextTable table{{{"group"}, {"parameter"}, {"shape"}, {"elements", terminal::Align::right}}, {}};
  for (const auto& parameter : summary.parameters) {
    table.add({{parameter.group.empty() ? "(state)" : parameter.group},
               {parameter.name},
               {parameter.shape},
               {grouped(parameter.elements)}});
  }
  return terminal::to_text(table, layout, 2);
}

std::string flops_text(double flops) {
  return flops >= 1e9 ? fmt::format("{:.2f} GFLOP", flops / 1e9) : fmt::format("{:.2f} MFLOP", flops / 1e6);
}

std::string samples_text(const training::ModelSummary& summary) {
  if (!summary.samples) {
    return "none: the model makes none";
  }
  const runlog::SampleSeries& series = *summary.samples;
  return fmt::format("{} like '{}': {} {}", grouped(series.count), series.field, catalog::name_of(series.kind),
                     tensor::to_string(series.dims));
}

// What takes a part of the log, the largest first.
std::string log_text(const runlog::LogSize& size) {
  std::vector<std::pair<int64_t, std::string>> parts{{size.checkpoints, "checkpoints"}, {size.weights, "weights"},
                                                     {size.kept, "kept checkpoints"},   {size.metrics, "metrics"},
                                                     {size.samples, "samples"},         {size.tensors, "tensors"},
                                                     {size.structure, "the rest"}};
  std::ranges::stable_sort(parts, std::greater<>(), &std::pair<int64_t, std::string>::first);
  const auto bytes = [](int64_t count) { return human_bytes(static_cast<double>(count)); };
  std::string text;
  for (const auto& [count, name] : parts) {
    text += count == 0 ? "" : fmt::format("{}{} {}", text.empty() ? "" : ", ", name, bytes(count));
  }
  const bool compressed = size.samples + size.tensors > 0;
  return fmt::format("{}{} when it is finished: {}{}", compressed || size.weights > 0 ? "at most " : "",
                     bytes(size.total()), text, compressed ? "; samples and tensors are compressed" : "");
}

std::string totals_text(const training::ModelSummary& summary) {
  return fmt::format(
      "parameters  {} ({})\n"
      "optimizer   {}\n"
      "step        {} of memory, {} in matrix products and convolutions, {} samples\n"
      "data        {} training, {} validation and {} test samples\n"
      "training    {} steps\n"
      "samples     {}\n"
      "log         {}\n"
      "best        {}\n",
      grouped(summary.parameter_count), human_bytes(static_cast<double>(summary.parameter_bytes)),
      human_bytes(static_cast<double>(summary.optimizer_bytes)), human_bytes(static_cast<double>(summary.step_bytes)),
      flops_text(summary.training_flops), grouped(summary.batch_size), grouped(summary.train_count),
      grouped(summary.validation_count), grouped(summary.test_count), grouped(summary.total_steps),
      samples_text(summary), log_text(summary.log_size), summary.monitor.reason);
}

// How many processes may train it together.
std::vector<int64_t> ranks_of(int64_t shards) {
  std::vector<int64_t> counts;
  for (int64_t count = 1; count <= shards; ++count) {
    if (shards % count == 0) {
      counts.push_back(count);
    }
  }
  return counts;
}

std::string ranks_text(int64_t shards) {
  return shards == 1 ? "" : fmt::format("ranks       {} of the {} shards\n", fmt::join(ranks_of(shards), ", "), shards);
}

Json experiment_json(const experiment::Experiment& experiment) {
  Json values = Json::array();
  for (const auto& value : experiment.resolved) {
    const std::string prefix = value.table.empty() ? "" : value.table + ".";
    values.push_back({{"key", prefix + value.key}, {"value", value.literal}, {"origin", value.origin.text()}});
  }
  return values;
}

Json samples_json(const training::ModelSummary& summary) {
  if (!summary.samples) {
    return nullptr;
  }
  const runlog::SampleSeries& series = *summary.samples;
  return {{"count", series.count},
          {"field", series.field},
          {"kind", catalog::name_of(series.kind)},
          {"shape", std::vector<int64_t>(series.dims.dims().begin(), series.dims.dims().end())}};
}

Json start_json(const training::StartedWith& start) {
  if (!start.file_sha256.empty()) {
    return {{"sha256", start.file_sha256},
            {"taken", start.taken},
            {"only_model_has", start.only_model_has},
            {"only_file_has", start.only_file_has}};
  }
  return start.run_id.empty() ? Json(nullptr) : Json{{"run", start.run_id}};
}

std::string start_text(const training::StartedWith& start) {
  std::string text;
  for (const std::string& line : start.said) {
    text += line + "\n";
  }
  return text;
}

Json log_json(const runlog::LogSize& size) {
  return {{"checkpoints", size.checkpoints}, {"weights", size.weights},         {"kept", size.kept},
          {"metrics", size.metrics},         {"samples_at_most", size.samples}, {"tensors_at_most", size.tensors},
          {"rest", size.structure},          {"at_most", size.total()}};
}

Json summary_json(const training::ModelSummary& summary) {
  Json parameters = Json::array();
  for (const auto& parameter : summary.parameters) {
    parameters.push_back({{"group", parameter.group.empty() ? Json(nullptr) : Json(parameter.group)},
                          {"name", parameter.name},
                          {"shape", parameter.shape},
                          {"elements", parameter.elements}});
  }
  Json measures = Json::array();
  for (const auto& measure : summary.measures) {
    measures.push_back({{"name", measure.name},
                        {"better", catalog::to_string(measure.direction)},
                        {"unit", measure.unit},
                        {"help", measure.help}});
  }
  return {{"parameters", parameters},
          {"parameter_count", summary.parameter_count},
          {"parameter_bytes", summary.parameter_bytes},
          {"optimizer_bytes", summary.optimizer_bytes},
          {"step_bytes", summary.step_bytes},
          {"training_flops", summary.training_flops},
          {"batch_size", summary.batch_size},
          {"train_count", summary.train_count},
          {"validation_count", summary.validation_count},
          {"test_count", summary.test_count},
          {"total_steps", summary.total_steps},
          {"samples", samples_json(summary)},
          {"start", start_json(summary.start)},
          {"log_bytes", log_json(summary.log_size)},
          {"best",
           {{"metric", summary.monitor.metric},
            {"better", catalog::to_string(summary.monitor.direction)},
            {"reason", summary.monitor.reason}}},
          {"measures", measures}};
}

int check(const Arguments& arguments) {
  const std::string& file = arguments.words.front();
  const plugin::Registry registry = load_plugins(arguments);
  const experiment::Experiment experiment = experiment_of(arguments, registry);
  training::expect_divided(experiment, count_of_ranks());
  const training::ModelSummary summary = training::summarize(experiment, registry, environment_of(arguments, file));
  if (!summary.monitor.warning.empty()) {
    print_message("atelier: warning: " + summary.monitor.warning);
  }
  if (arguments.has("json")) {
    const Json json{{"experiment", experiment_json(experiment)},
                    {"ranks", ranks_of(experiment.train.shards)},
                    {"model", summary_json(summary)}};
    print_json(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    print(fmt::format("{}\n{}\n{}{}", experiment::resolved_with_origins(experiment),
                      parameters_text(summary, output_layout()),
                      totals_text(summary) + ranks_text(experiment.train.shards), start_text(summary.start)));
  }
  return exit_done;
}

}  // namespace

Verb check_verb() {
  return {"check",
          "FILE [key=value ...]",
          "the resolved experiment, and the model it makes",
          "Each value with its origin, then the model's parameters, memory and work. Nothing is trained or written.",
          1,
          std::numeric_limits<size_t>::max(),
          {json_option(), threads_option(), out_option(), point_option()},
          check};
}

}  // namespace atelier::cli
