#include "compare/measured_with.hpp"

#include <set>

namespace atelier::compare {
namespace {

std::string setting(const Run& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? "" : found->second;
}

// All settings of a table and of those in it, one a line, but for `left_out`.
std::string settings_in(const Run& run, const std::string& table, const std::set<std::string>& left_out = {}) {
  std::string text;
  for (auto at = run.settings.lower_bound(table + "."); at != run.settings.end(); ++at) {
    if (!at->first.starts_with(table + ".")) {
      break;
    }
    text += left_out.contains(at->first) ? "" : at->first + " = " + at->second + "\n";
  }
  return text;
}

// What the run was made from whose name begins so, one a line.
std::string identities(const Run& run, const std::string& beginning) {
  std::string text;
  for (auto at = run.identity.lower_bound(beginning); at != run.identity.end(); ++at) {
    if (!at->first.starts_with(beginning)) {
      break;
    }
    text += at->first + " = " + at->second + "\n";
  }
  return text;
}

// What is measured on; what only training sees of the data is not a part of it.
std::string data_of(const Run& run) {
  return settings_in(
             run, "dataset",
             {"dataset.validation", "dataset.transform.flip", "dataset.transform.shift", "dataset.transform.noise"}) +
         identities(run, "data ") + identities(run, "classes ");
}

// A validation split is drawn by the run's seed.
std::string split_of(const Run& run, const Series& series) {
  return series.split == "validation"
             ? series.split + " " + setting(run, "dataset.validation") + " " + setting(run, "seed")
             : series.split;
}

// The metric's own settings, and the other runs by whose models the run sees.
std::string judge_of(const Run& run, const Series& series) {
  return settings_in(run, "metric." + series.name.substr(0, series.name.find('.'))) + identities(run, "run ");
}

}  // namespace

std::map<std::string, std::string> measured_with(const Run& run, const Series& series) {
  return {{"model", setting(run, "model.use")},
          {"loss", settings_in(run, "loss")},
          {"data", data_of(run)},
          {"split", split_of(run, series)},
          {"judge", judge_of(run, series)}};
}

}  // namespace atelier::compare
