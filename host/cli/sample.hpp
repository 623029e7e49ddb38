// What a model makes, written as `atelier sample` writes it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "inference/samples.hpp"
#include "inference/trained_model.hpp"

namespace atelier::cli {

struct SampleRequest {
  std::filesystem::path file;       // empty: to the terminal
  std::optional<std::string> view;  // none: samples
  int64_t count = 0;                // 0: the default of what is made
  uint64_t seed = 0;
  int64_t columns = 0;     // 0: a near-square grid
  bool labels = false;     // which run, and the samples' numbers, in the picture
  int64_t scale = 1;       // pixels of the picture for each of an image
  int64_t neighbours = 0;  // so many training samples beside each
};

std::vector<Option> sample_options();
// Throws Error for options that say nothing together, and for a file that cannot be written.
SampleRequest sample_request(const Arguments& arguments);

// What is asked for, from the weights of a log. Throws Error(usage) for what the file cannot hold.
inference::Samples samples_of(const SampleRequest& request, const std::filesystem::path& log,
                              inference::WeightsOf weights, const plugin::Registry& registry,
                              const inference::Environment& environment);
// From the weights of a log, which messages call `shown`. Returns the exit code.
int write_samples_of(const SampleRequest& request, const std::filesystem::path& log, const std::string& shown,
                     inference::WeightsOf weights, const plugin::Registry& registry,
                     const inference::Environment& environment);

}  // namespace atelier::cli
