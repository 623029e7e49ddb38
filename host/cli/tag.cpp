// atelier tag LOG... [NAME...]
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "runlog/annotations.hpp"

namespace atelier::cli {
namespace {

void check_tag(const std::string& tag) {
  if (tag.empty() || tag.front() == ' ' || tag.back() == ' ' || printable(tag) != tag) {
    throw Error(ErrorKind::usage, "tag '{}': expected a name without spaces around it and control characters", tag);
  }
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// What none of the runs has is most likely misspelt.
void check_removed(const std::vector<std::string>& removed, const std::vector<runlog::Heading>& logs) {
  std::vector<std::string> all;
  for (const runlog::Heading& log : logs) {
    all.insert(all.end(), log.tags.begin(), log.tags.end());
  }
  for (const std::string& tag : removed) {
    if (!has(all, tag)) {
      throw Error(ErrorKind::usage, "--remove: no run here has the tag '{}'{}", tag, instead_of(tag, all));
    }
  }
}

// What is no log, though it may have been meant as one.
void check_no_run(const std::string& tag, const Arguments& arguments) {
  std::error_code ignored;
  if (tag.ends_with(".h5")) {
    throw Error(ErrorKind::usage, "'{}': got a log that is not there; hint: --add '{}' gives it as a tag", tag, tag);
  }
  if (std::filesystem::is_directory(std::filesystem::path(arguments.text("out", "runs")) / tag, ignored)) {
    throw Error(ErrorKind::usage,
                "'{}': expected a tag, got the name of runs that are here; hint: beside --add all words "
                "are LOGs, and --add '{}' gives it as a tag",
                tag, tag);
  }
}

struct TagWords {
  std::vector<std::string> logs, tags;
};

// Beside --add all are LOGs. Else the first is one, and so are further paths that are there, as a shell's patterns
// become; the others are tags.
TagWords logs_and_tags(const Arguments& arguments) {
  TagWords out{{arguments.words.front()}, arguments.all("add")};
  for (size_t i = 1; i < arguments.words.size(); ++i) {
    const std::string& word = arguments.words[i];
    std::error_code ignored;
    const bool path =
        (word.find('/') != std::string::npos || word.ends_with(".h5")) && std::filesystem::exists(word, ignored);
    if (arguments.has("add") || path) {
      out.logs.push_back(word);
      continue;
    }
    check_no_run(word, arguments);
    out.tags.push_back(word);
  }
  return out;
}

int tag(const Arguments& arguments) {
  const TagWords words = logs_and_tags(arguments);
  const std::vector<std::string>& added = words.tags;
  const std::vector<std::string> removed = arguments.all("remove");
  std::ranges::for_each(added, check_tag);
  for (const std::string& tag : added) {
    if (has(removed, tag)) {
      throw Error(ErrorKind::usage, "tag '{}': is to be added and removed", tag);
    }
  }
  const std::vector<runlog::Heading> logs = changeable_logs(arguments, words.logs);
  check_removed(removed, logs);
  for (const runlog::Heading& log : logs) {
    const bool changes = std::ranges::any_of(added, [&](const std::string& tag) { return !has(log.tags, tag); }) ||
                         std::ranges::any_of(removed, [&](const std::string& tag) { return has(log.tags, tag); });
    const std::vector<std::string> tags = changes ? runlog::change_tags(log.path, added, removed) : log.tags;
    print(fmt::format("{}: {}\n", log.path.string(),
                      tags.empty() ? "no tags" : fmt::format("{}", fmt::join(tags, ", "))));
  }
  return exit_done;
}

}  // namespace

Verb tag_verb() {
  return {
      "tag",
      "LOG... [NAME...]",
      "give runs tags, or take them away; without a name, print them",
      "A LOG that means several runs, a folder, vae@all or a pattern, gives all of them the tags, and so do several "
      "LOGs: beside --add every word is one; without it, the first, and further paths that are there. 'atelier ls "
      "tag=NAME' finds them. Tags stand in the log, whatever a run has written stays as it is.\n"
      "  atelier tag vae-fashion good\n"
      "  atelier tag runs/vae-fashion/*.h5 3c4a --add good --add baseline --remove bad",
      1,
      std::numeric_limits<size_t>::max(),
      {{"add", "NAME", "a tag to give; all words are LOGs then", 0, true},
       {"remove", "NAME", "a tag to take away", 0, true},
       out_option()},
      tag};
}

}  // namespace atelier::cli
