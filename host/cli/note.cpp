// atelier note LOG [TEXT]
#include <fmt/core.h>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "runlog/annotations.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::cli {
namespace {

void check_note(const std::string& text) {
  constexpr size_t most = 10'000;
  if (text.find_first_not_of(" \t\n") == std::string::npos) {
    throw Error(ErrorKind::usage, "the note is empty");
  }
  if (text.size() > most) {
    throw Error(ErrorKind::usage, "the note has {} bytes, expected at most {}", text.size(), most);
  }
  if (valid_utf8(text) != text) {
    throw Error(ErrorKind::usage, "the note is no UTF-8: '{}'", text);
  }
}

int note(const Arguments& arguments) {
  const std::filesystem::path log =
      runlog::find_log(arguments.words.front(), runlog::Wanted::any, places_of(arguments));
  if (arguments.words.size() == 2) {
    check_note(arguments.words[1]);
    const runlog::Reader sound(log);
    runlog::add_note(log, arguments.words[1]);
  }
  const runlog::Reader reader(log);
  for (const runlog::Note& one : reader.notes()) {
    print(fmt::format("{}  {}\n", runlog::whole_seconds(one.utc), printable(one.text)));
  }
  return exit_done;
}

}  // namespace

Verb note_verb() {
  return {
      "note",
      "LOG [TEXT]",
      "write a note about a run into its log, and print all that it has",
      "A note has the time at which it was added, and stays. 'show', 'ls' and 'compare' print notes, and 'atelier ls "
      "\"notes contains WORD\"' finds them. Whatever the run has written stays as it is.",
      1,
      2,
      {out_option()},
      note};
}

}  // namespace atelier::cli
