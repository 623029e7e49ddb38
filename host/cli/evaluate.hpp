// What was measured, printed as `atelier evaluate` prints it.
#pragma once

#include "cli/command_line.hpp"
#include "inference/trained_model.hpp"

namespace atelier::cli {

// The model of a log, by the metrics of its experiment and those that `overrides` ask for; as JSON with --json. Returns
// the exit code.
int print_measurement(const Arguments& arguments, const std::filesystem::path& log,
                      const std::vector<std::string>& overrides, inference::WeightsOf weights,
                      const plugin::Registry& registry, const inference::Environment& environment);

}  // namespace atelier::cli
