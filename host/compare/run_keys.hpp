// What runs are chosen, sorted and listed by: facts of a run (its name, status, tags, ...), settings of its experiment
// by their dotted keys, and the final values of its metrics (eval/elbo, or test/elbo after the split).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compare/filter.hpp"
#include "compare/run_summary.hpp"

namespace atelier::compare {

struct Key {
  enum class Kind { fact, setting, metric };
  Kind kind = Kind::fact;
  std::string name{};
};

// nullopt where the run has no such thing.
std::optional<Value> value_of(const RunSummary& run, const Key& key);
// As a table shows it: "–" where there is none.
std::string shown(const RunSummary& run, const Key& key);
bool is_number(const std::vector<RunSummary>& runs, const Key& key);  // in every run that has it

// The keys that some runs have.
class RunKeys {
 public:
  explicit RunKeys(const std::vector<RunSummary>& runs);

  // What a word means: a fact, a setting or a metric that it names; or the only setting whose key ends so
  // ("learning_rate" for "optimizer.learning_rate"), or metric of this name. Throws Error(usage) where no run has one,
  // and where several are meant; `where` begins the message.
  [[nodiscard]] Key find(const std::string& word, const std::string& where) const;
  // The same, saying what is wrong; "" where nothing is.
  std::string look_up(const std::string& word, Key& key) const;

 private:
  std::set<std::string> settings_;
  std::set<std::string> metrics_;       // "eval/loss"
  std::set<std::string> full_metrics_;  // "validation/loss"
};

}  // namespace atelier::compare
