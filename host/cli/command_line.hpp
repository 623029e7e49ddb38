// Verbs, their options, and what was given on the command line.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace atelier::cli {

struct Option {
  std::string name;      // "threads" for --threads
  std::string argument;  // "N" in the help; "" for a flag
  std::string help;
  char letter = 0;          // 'o' for -o; 0 for none
  bool repeatable = false;  // may be given more than once
};

// What a verb was called with. The getters throw Error(usage) for values that are not what is asked for.
class Arguments {
 public:
  std::vector<std::string> words;                           // that belong to no option
  std::map<std::string, std::vector<std::string>> options;  // by name; a flag has no values

  [[nodiscard]] bool has(const std::string& option) const { return options.count(option) != 0; }
  [[nodiscard]] std::vector<std::string> all(const std::string& option) const;
  [[nodiscard]] std::string text(const std::string& option, const std::string& otherwise) const;
  [[nodiscard]] std::string choice(const std::string& option,
                                   const std::vector<std::string>& choices) const;  // the first
  [[nodiscard]] int64_t integer(const std::string& option, int64_t otherwise, int64_t minimum,
                                int64_t maximum = std::numeric_limits<int64_t>::max()) const;
};

struct Verb {
  std::string name;
  std::string words;    // "FILE [key=value ...]", for the help
  std::string summary;  // one line
  std::string details;  // more lines for `atelier help VERB`; "" for none
  size_t least_words = 0, most_words = 0;
  std::vector<Option> options;
  int (*run)(const Arguments& arguments) = nullptr;  // returns the exit code; throws Error
};

std::vector<Option> with(std::vector<Option> options, const std::vector<Option>& more);

// Options of all verbs: --plugin-path, --data, --help.
const std::vector<Option>& global_options();

// Throws Error(usage), with the nearest name for an unknown option.
Arguments parse(const Verb& verb, const std::vector<std::string>& words);

// How many of the first `words` are global options with their values: what may stand before the verb.
size_t count_leading_options(const std::vector<std::string>& words);

// For the help: what there is on the left, and from a column on what it is, on lines that are not longer than `width`.
std::string entry(const std::string& left, const std::string& right, size_t column, size_t width);
std::string options_text(const std::vector<Option>& options, size_t width);

}  // namespace atelier::cli
