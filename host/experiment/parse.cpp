// The whole file: the host's own sections here, the components in components.cpp.

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "experiment/components.hpp"
#include "experiment/document.hpp"
#include "experiment/experiment.hpp"
#include "experiment/overrides.hpp"
#include "experiment/reading.hpp"
#include "experiment/resolved.hpp"
#include "experiment/sections.hpp"
#include "experiment/toml_table.hpp"

namespace atelier::experiment {
namespace {

// At once: what the file leaves to the points is not missing.
void refuse_sweep(Context& context, const TomlTable& root) {
  if (const Node* const sweep = find(*root.node, "sweep")) {
    context.problems.add(
        sweep->place, "sweep",
        "got a sweep, expected a single experiment; hint: 'atelier run' runs it, and with --dry-run lists "
        "its points, of which --point takes one");
    context.problems.throw_if_any();
  }
}

void read_top(Context& context, const TomlTable& root, Experiment& experiment, Values& top) {
  top = read_values(context, root, section("").keys);
  experiment.name = top.get<std::string>("name");
  experiment.seed = top.get<int64_t>("seed");
  experiment.tags = top.get<std::vector<std::string>>("tags");
  auto known = names_in(section(""));
  known.push_back("sweep");
  report_unknown(context, root, known);

  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  const auto& name = experiment.name;
  const Node* const node = find(*root.node, "name");
  const bool names_a_folder =
      name.find_first_not_of(allowed) == std::string::npos && name.find_first_not_of('.') != std::string::npos;
  if (node != nullptr && text_of(*node) != nullptr && !names_a_folder) {
    context.problems.add(node->place, "name",
                         "got " + describe(*node) + ", expected letters, digits, '.', '_' and '-', and not only dots");
  }
}

// The values of a section that has no rule beyond its keys.
Values read_section(Context& context, const TomlTable& table, const std::string& name, const Values* base = nullptr) {
  report_unknown(context, table, names_in(section(name)));
  return read_values(context, table, section(name).keys, base);
}

void read_schedule(Context& context, const TomlTable& table, LearningRateSchedule& schedule) {
  const auto& all = section("schedule").keys;
  const Node* const node = find(*table.node, "use");
  const bool chosen = node != nullptr && node->kind == Node::Kind::text;
  const std::string use = chosen ? std::get<std::string>(node->scalar) : "constant";
  const auto& uses = all.front().choices;
  const bool known_use = (node == nullptr || chosen) && std::ranges::find(uses, use) != uses.end();
  std::vector<Key> keys;
  for (const auto& key : all) {
    const Node* const given = find(*table.node, key.name);
    if (key.only_for.empty() || key.only_for == use) {
      keys.push_back(key);
    } else if (given != nullptr && known_use) {
      context.problems.add(given->key_place, join_path(table.path, key.name),
                           fmt::format("got a key of '{}', but the schedule is '{}'", key.only_for, use));
    }
  }
  report_unknown(context, table, names_in(section("schedule")));
  const Values values = read_values(context, table, keys);
  schedule.use = use == "step"     ? LearningRateSchedule::Use::step
                 : use == "cosine" ? LearningRateSchedule::Use::cosine
                                   : LearningRateSchedule::Use::constant;
  schedule.warmup = values.get<int64_t>("warmup");
  if (schedule.use == LearningRateSchedule::Use::step) {
    schedule.every = values.get<int64_t>("every");
    schedule.factor = values.get<double>("factor");
  } else if (schedule.use == LearningRateSchedule::Use::cosine) {
    schedule.floor = values.get<double>("floor");
  }
}

void read_train(Context& context, const TomlTable& table, Train& train) {
  const Values values = read_section(context, table, "train");
  if (values.given("epochs") && values.given("steps")) {
    context.problems.add(std::max(values.places.at("epochs"), values.places.at("steps")), "train",
                         "got both 'epochs' and 'steps', expected exactly one of them");
  } else if (!values.given("epochs") && !values.given("steps")) {
    context.problems.add(table.place, "train", "got neither 'epochs' nor 'steps', expected exactly one of them");
  }
  if (values.values.count("epochs") != 0) {
    train.epochs = values.get<int64_t>("epochs");
  }
  if (values.values.count("steps") != 0) {
    train.steps = values.get<int64_t>("steps");
  }
  train.batch_size = values.get<int64_t>("batch_size");
  train.shards = values.get<int64_t>("shards");
  if (train.batch_size % train.shards != 0) {
    const bool says = values.given("shards");
    context.problems.add(says ? values.places.at("shards") : table.place, "train.shards",
                         fmt::format("got {} shards of a batch of {}, expected equal pieces: a divisor of batch_size",
                                     train.shards, train.batch_size));
  }
  train.clip_norm = values.get<double>("clip_norm");
  train.average = values.get<double>("average");
  train.delay = values.get<int64_t>("delay");
  const auto precision = values.get<std::string>("precision");
  train.precision = precision == "bf16"            ? Precision::bf16
                    : precision == "emulated-bf16" ? Precision::emulated_bf16
                                                   : Precision::float32;
  const auto stopping = open_table(context, table, "early_stopping");
  if (stopping && stopping->given) {
    const Values read = read_section(context, *stopping, "train.early_stopping");
    train.early_stopping = EarlyStopping{read.get<int64_t>("patience"), read.get<double>("min_delta")};
  }
}

void read_evaluate(Context& context, const TomlTable& table, Evaluate& evaluate) {
  const Values values = read_section(context, table, "evaluate");
  evaluate.every = values.get<double>("every");
  evaluate.metric = values.get<std::string>("metric");
  if (values.values.count("goal") != 0) {
    evaluate.goal = values.get<std::string>("goal") == "max" ? Goal::max : Goal::min;
  }
  evaluate.batch_size = values.get<int64_t>("batch_size");
}

void read_sample(Context& context, const TomlTable& table, const Values& top, Sample& sample) {
  Values base;  // the run's seed
  base.values["seed"] = top.values.at("seed");
  if (top.given("seed")) {
    base.places["seed"] = top.places.at("seed");
  }
  const Values values = read_section(context, table, "sample", &base);
  sample.every = values.get<double>("every");
  sample.count = values.get<int64_t>("count");
  sample.seed = values.get<int64_t>("seed");
}

void read_log(Context& context, const TomlTable& table, Log& log) {
  const Values values = read_section(context, table, "log");
  log.every = values.get<int64_t>("every");
  log.gradient_norms = values.get<int64_t>("gradient_norms");
  log.weights = values.get<int64_t>("weights");
  log.gradients = values.get<int64_t>("gradients");
  log.activations = values.get<std::vector<std::string>>("activations");
  log.activations_every = values.get<int64_t>("activations_every");
}

void read_start(Context& context, const TomlTable& table, std::optional<Start>& start) {
  if (table.given) {
    const Values values = read_section(context, table, "start");
    start = Start{values.get<std::string>("from"), values.get<std::vector<std::string>>("groups"),
                  values.get<std::vector<std::string>>("freeze")};
  }
}

void read_sections(Context& context, const TomlTable& root, const Values& top, Experiment& experiment) {
  if (const auto table = open_table(context, root, "schedule")) {
    read_schedule(context, *table, experiment.schedule);
  }
  if (const auto table = open_table(context, root, "train")) {
    read_train(context, *table, experiment.train);
  }
  if (const auto table = open_table(context, root, "evaluate")) {
    read_evaluate(context, *table, experiment.evaluate);
  }
  if (const auto table = open_table(context, root, "sample")) {
    read_sample(context, *table, top, experiment.sample);
  }
  if (const auto table = open_table(context, root, "checkpoint")) {
    const Values values = read_section(context, *table, "checkpoint");
    experiment.checkpoint = {values.get<double>("every"), values.get<int64_t>("keep")};
  }
  if (const auto table = open_table(context, root, "log")) {
    read_log(context, *table, experiment.log);
  }
  if (const auto table = open_table(context, root, "start")) {
    read_start(context, *table, experiment.start);
  }
}

Place place_of(const Experiment& experiment, const std::string& table, const std::string& key) {
  const auto value = std::ranges::find_if(
      experiment.resolved, [&](const ResolvedValue& one) { return one.table == table && one.key == key; });
  return value == experiment.resolved.end() ? Place{} : value->origin;
}

void check_start_groups(const Experiment& experiment, const std::vector<std::string>& groups,
                        const std::string& expected, Problems& problems) {
  const Start& start = *experiment.start;
  for (const auto& [key, names] : {std::pair("groups", start.groups), std::pair("freeze", start.freeze)}) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (std::ranges::find(groups, names[i]) == groups.end()) {
        problems.add(place_of(experiment, "start", key), fmt::format("start.{}[{}]", key, i),
                     fmt::format("got the unknown parameter group '{}', expected {}{}", names[i], expected,
                                 did_you_mean(names[i], groups)));
      }
    }
  }
  const auto is_frozen = [&](const std::string& group) { return std::ranges::count(start.freeze, group) > 0; };
  if (!groups.empty() && std::ranges::all_of(groups, is_frozen)) {
    problems.add(place_of(experiment, "start", "freeze"), "start.freeze",
                 "got every parameter group of the model, expected at least one that is left to train");
  }
}

}  // namespace

Experiment read_experiment(Context& context, const Node& document) {
  const TomlTable root{&document, "", document.place, true};
  refuse_sweep(context, root);
  Experiment experiment;
  Values top;
  read_top(context, root, experiment, top);
  experiment.dataset = read_dataset(context, root);
  experiment.model = read_model(context, root);
  experiment.losses = read_losses(context, root, experiment.model);
  experiment.metrics = read_metrics(context, root);
  experiment.optimizer = read_optimizer(context, root, experiment.group_optimizers);
  read_sections(context, root, top, experiment);
  return experiment;
}

Experiment finished(Context& context, Experiment experiment, const Source& source,
                    const std::vector<std::string>& overrides) {
  context.problems.throw_if_any();
  experiment.resolved = std::move(context.resolved);
  experiment.source_text = source.text;
  experiment.resolved_text = write_resolved(experiment.resolved);
  experiment.overrides = overrides;
  experiment.directory = source.directory.empty() ? "." : source.directory;
  return experiment;
}

Source read_source(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || std::filesystem::is_directory(file)) {
    throw Error(ErrorKind::file, "{}: cannot be read, expected an experiment file", file.string());
  }
  return {text.str(), file.string(), file.parent_path()};
}

Experiment parse(std::string_view text, std::string_view file_name, const std::filesystem::path& directory,
                 const std::vector<std::string>& overrides, const std::vector<catalog::Description>& catalog,
                 const WhereFrom& where_from) {
  Context context{catalog, {}, {}, where_from};
  Node document = parse_document(text, file_name);
  apply_overrides(document, overrides, context.problems);
  Experiment experiment = read_experiment(context, document);
  return finished(context, std::move(experiment), {std::string(text), std::string(file_name), directory}, overrides);
}

Experiment load(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                const std::vector<catalog::Description>& catalog) {
  const Source source = read_source(file);
  return parse(source.text, source.file_name, source.directory, overrides, catalog);
}

std::string located(const Experiment& experiment, const std::string& table, const std::string& key) {
  const Place place = place_of(experiment, table, key);
  return (place.given() ? place.text() + ": " : "") + join_path(table, key);
}

void check_groups(const Experiment& experiment, const std::vector<std::string>& groups) {
  Problems problems;
  std::vector<std::string> quoted;
  for (const auto& group : groups) {
    quoted.push_back("'" + group + "'");
  }
  const std::string expected = one_of(quoted, "none: the model has no parameter groups");
  for (const auto& [name, component] : experiment.group_optimizers) {
    if (std::ranges::find(groups, name) == groups.end()) {
      problems.add(component.place, join_path("optimizer", name),
                   fmt::format("got an unknown parameter group, expected {}{}", expected, did_you_mean(name, groups)));
    }
  }
  if (experiment.start) {
    check_start_groups(experiment, groups, expected, problems);
  }
  problems.throw_if_any();
}

}  // namespace atelier::experiment
