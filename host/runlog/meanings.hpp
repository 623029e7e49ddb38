// Inside this room only: what a word can mean (find.hpp), before one of several runs is chosen.
#pragma once

#include <string>
#include <vector>

#include "runlog/find.hpp"
#include "runlog/headings.hpp"

namespace atelier::runlog {

struct Meaning {
  enum class Kind { log, folder, experiment, all_of_experiment };
  Kind kind;
  std::string text;           // for messages: "the folder 'vae'"
  std::string other_word;     // that means this alone
  std::vector<Heading> logs;  // at least one, as logs_below sorts them; of a path to a file the path alone
};

// One; of a pattern, one or more. Throws as find_log does.
std::vector<Meaning> meanings_of(const std::string& word, const Places& places);

}  // namespace atelier::runlog
