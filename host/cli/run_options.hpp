// What verbs that load plugins or train have in common.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "inference/trained_model.hpp"
#include "plugin/registry.hpp"
#include "runlog/find.hpp"

namespace atelier::cli {

// The plugins beside this program, of ATELIER_PLUGIN_PATH, and of --plugin-path. Throws Error(plugin).
plugin::Registry find_plugins(const Arguments& arguments, plugin::Loading loading = plugin::Loading::all);
// And warns of the libraries that cannot be used: whatever needs one of them will not find it.
plugin::Registry load_plugins(const Arguments& arguments, plugin::Loading loading = plugin::Loading::as_needed);

// --threads, --out and --data; data is also looked for where ATELIER_DATA says, in ./data, and in the `data` beside the
// folder of the experiment file (`file`; empty for none).
inference::Environment environment_of(const Arguments& arguments, const std::filesystem::path& file = {});

// Where LOG arguments are looked for: --out, and the current folder. What is passed over is a message.
runlog::Places places_of(const Arguments& arguments);

// The logs that these words mean: one that is being written is an Error(file) that says by whom.
std::vector<runlog::Heading> ended_logs(const Arguments& arguments, const std::vector<std::string>& words,
                                        runlog::Once once = runlog::Once::files);
// The same, to be changed: one that cannot be read is an error, too.
std::vector<runlog::Heading> changeable_logs(const Arguments& arguments, const std::vector<std::string>& words);

// By --weights, or another option.
inference::WeightsOf chosen_weights(const Arguments& arguments, const std::string& option = "weights");

Option threads_option();
Option allow_changes_option();
Option out_option();
Option json_option();
Option csv_option();
Option weights_option();

}  // namespace atelier::cli
