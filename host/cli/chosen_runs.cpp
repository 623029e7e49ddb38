#include "cli/chosen_runs.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "cli/terminal.hpp"
#include "compare/selection.hpp"

namespace atelier::cli {

using compare::RunSummary;

namespace {

// What is there by this name is meant by it, whatever it looks like.
bool is_name(const std::string& word, const runlog::Places& places) {
  std::error_code ignored;
  return word.starts_with("./") || word.starts_with("/") || std::filesystem::exists(word, ignored) ||
         std::filesystem::exists(places.runs / word, ignored);
}

}  // namespace

ChosenBy told_apart(const std::vector<std::string>& words, const runlog::Places& places) {
  ChosenBy out;
  for (const std::string& word : words) {
    if (compare::looks_like_filter(word) && !is_name(word, places)) {
      out.filters.push_back(compare::parse_filter(word));
    } else {
      out.logs.push_back(word);
    }
  }
  return out;
}

std::string counted(int64_t runs) {
  return fmt::format("{} run{}", terminal::grouped(runs), runs == 1 ? "" : "s");
}

std::vector<RunSummary> those_chosen(std::vector<RunSummary> runs, const compare::RunKeys& keys,
                                     const std::vector<compare::Filter>& filters) {
  for (const compare::Filter& filter : filters) {
    compare::Selection selection = compare::select(runs, keys, filter);
    runs = std::move(selection.runs);
    for (const auto& [name, count] : selection.lacking) {
      print_message(fmt::format("atelier: note: {} {} no '{}'", counted(count), count == 1 ? "has" : "have", name));
    }
    for (const std::string& hint : selection.hints) {
      print_message(fmt::format("atelier: note: {}", hint));
    }
  }
  return runs;
}

}  // namespace atelier::cli
