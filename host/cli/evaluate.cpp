// atelier evaluate LOG [key=value ...]
#include "cli/evaluate.hpp"

#include <fmt/core.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "base/terminal_table.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "inference/trained_model.hpp"

namespace atelier::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shape_text(const plugin::MetricArray& array) {
  return fmt::format("{} numbers of {}; --json prints them", array.values.size(), tensor::to_string(array.shape));
}

std::string to_text(const inference::Measurement& measured) {
  terminal::TextTable table{{{"metric"}, {measured.split, terminal::Align::right}}, {}};
  for (const auto& [name, value] : measured.metrics) {
    table.add({{name, terminal::Emphasis::strong}, {fmt::format("{:.6g}", value)}});
  }
  std::string text = terminal::to_text(table, output_layout());
  for (const plugin::MetricArray& array : measured.arrays) {
    text += fmt::format("{}: {}\n", array.name, shape_text(array));
  }
  return text;
}

std::string to_json(const inference::Measurement& measured) {
  Json metrics = Json::object();
  for (const auto& [name, value] : measured.metrics) {
    metrics[name] = value;
  }
  Json arrays = Json::object();
  for (const plugin::MetricArray& array : measured.arrays) {
    Json shape = Json::array();
    for (const int64_t length : array.shape.dims()) {
      shape.push_back(length);
    }
    arrays[array.name] = {{"shape", shape}, {"values", array.values}};
  }
  const Json all{{"split", measured.split}, {"metrics", metrics}, {"arrays", arrays}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int evaluate(const Arguments& arguments) {
  const inference::WeightsOf weights = chosen_weights(arguments);
  const inference::Environment environment = environment_of(arguments);
  const std::filesystem::path log =
      runlog::find_log(arguments.words.front(), runlog::Wanted::finished, places_of(arguments));
  return print_measurement(arguments, log, {arguments.words.begin() + 1, arguments.words.end()}, weights,
                           load_plugins(arguments), environment);
}

}  // namespace

int print_measurement(const Arguments& arguments, const std::filesystem::path& log,
                      const std::vector<std::string>& overrides, inference::WeightsOf weights,
                      const plugin::Registry& registry, const inference::Environment& environment) {
  const std::string split =
      arguments.has("split") ? arguments.choice("split", {"test", "validation", "train"}) : std::string();
  inference::Measurement measured;
  {
    ProgressPrinter printer(true);
    measured = inference::evaluate(
        log, registry, environment, overrides, split, weights,
        [&](const std::string& table, int64_t done, int64_t total) { printer.evaluating(table, done, total); });
  }
  if (arguments.has("json")) {
    print_json(to_json(measured));
  } else {
    print(to_text(measured));
  }
  return exit_done;
}

Verb evaluate_verb() {
  return {"evaluate",
          "LOG [key=value ...]",
          "measure a trained model, with its experiment's metrics or others",
          "metric.NAME.use=METRIC asks for one more metric, metric.NAME.SETTING=VALUE for its settings. Nothing is "
          "written\n"
          "into the log.",
          1,
          std::numeric_limits<size_t>::max(),
          {{"split", "NAME", "test (the default), validation or train"},
           weights_option(),
           threads_option(),
           allow_changes_option(),
           out_option(),
           json_option()},
          evaluate};
}

}  // namespace atelier::cli
