// A sweep: many experiments of one file, as points. What varies is said in [sweep], or on the command line by values
// with commas between them: docs/sweeps.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/description.hpp"
#include "experiment/experiment.hpp"

namespace atelier::experiment {

struct SweepPoint {
  std::string identity;                // SHA-256 of its experiment's resolved text, by which its logs are known
  std::string name;                    // its experiment's
  std::vector<std::string> values;     // of what varies, as TOML literals, in the order of Sweep::keys
  std::string label;                   // "model.latent=2 seed=1"
  std::vector<std::string> overrides;  // that make it from the file: what varies, then the command line's
};

// [sweep.halving]: points are compared on their way, and the best of them alone go on.
struct SweepHalving {
  std::string metric;              // "validation/loss", "loss"; "" for evaluate.metric of the points
  std::optional<Goal> goal;        // which of its values are better; where not given, what is said of the metric
  std::vector<double> epochs;      // at which points are compared, increasing; or
  std::vector<int64_t> steps;      // the same in steps
  bool goes_on_by_factor = false;  // the one that is given is the first; each next is `factor` times as long
  int64_t factor = 3;              // of so many points one goes on, >= 2
  Place place;
};

struct Sweep {
  std::vector<std::string> keys;  // that vary: "model.latent"
  std::vector<SweepPoint> points;
  int64_t left_out = 0;  // by conditions
  std::optional<SweepHalving> halving{};
};

std::string identity_of(std::string_view resolved_text);

// What a command line adds to a file.
struct SweepWords {
  std::vector<std::string> overrides{};  // "model.latent=2,10" varies, in place of what [sweep] says of the key
  std::vector<int64_t> seeds{};          // each point once with each of them; empty for no more than the sweep says
};

// All points, each checked as parse() does; nothing where neither the file nor the words ask for several. Throws
// Error(experiment) with all that is wrong with any of them, also where two of them are the same experiment.
std::optional<Sweep> expand_sweep(std::string_view text, std::string_view file_name,
                                  const std::filesystem::path& directory, const SweepWords& words,
                                  const std::vector<catalog::Description>& catalog);
// The same of a file. Throws Error(file) where it cannot be read.
std::optional<Sweep> load_sweep(const std::filesystem::path& file, const SweepWords& words,
                                const std::vector<catalog::Description>& catalog);

// One point's experiment, by its overrides: as load(), without what [sweep] says.
Experiment load_point(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                      const std::vector<catalog::Description>& catalog);

}  // namespace atelier::experiment
