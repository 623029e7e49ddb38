// Reading the tables of an experiment that choose a component: `use` and its settings.
#pragma once

#include <map>
#include <string>

#include "experiment/experiment.hpp"
#include "experiment/toml_table.hpp"

namespace atelier::experiment {

// Each reads one table of the top level, and reports what is wrong with it; a component that cannot be told is empty.
Dataset read_dataset(Context& context, const TomlTable& root);
Component read_model(Context& context, const TomlTable& root);

// One loss for each slot of the model. Call it after read_model().
std::map<std::string, Component> read_losses(Context& context, const TomlTable& root, const Component& model);

// [metric.NAME]: any number of them.
std::map<std::string, MetricChoice> read_metrics(Context& context, const TomlTable& root);

// [optimizer], and [optimizer.GROUP] into `groups`.
Component read_optimizer(Context& context, const TomlTable& root, std::map<std::string, Component>& groups);

// The settings of a component as keys.
std::vector<Key> keys_of(const catalog::Description& description);

}  // namespace atelier::experiment
