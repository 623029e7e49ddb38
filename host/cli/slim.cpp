// atelier slim LOG --PART...
#include "runlog/slim.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/confirm.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "runlog/reader.hpp"

namespace atelier::cli {
namespace {

using runlog::Part;

struct Droppable {
  Part part;
  const char* help;
  const char* afterwards;  // what can no longer be done
};
constexpr Droppable droppable[] = {
    {Part::optimizer_slots, "what optimizers keep beside the weights of checkpoints",
     "it can no longer be resumed, nor replayed from its checkpoints"},
    {Part::checkpoints, "the newest checkpoint and the one before; best and final weights stay",
     "it can no longer be resumed"},
    {Part::kept, "the checkpoints of earlier steps", "replaying begins at step 0"},
    {Part::samples, "all samples but the newest", "samples of earlier steps are gone; 'verify' compares the newest"},
    {Part::tensors, "all rows of logged tensors", "logged tensors are gone; 'verify' compares none"}};

std::vector<Part> chosen_parts(const Arguments& arguments) {
  std::vector<Part> parts;
  std::vector<std::string> options;
  for (const Droppable& one : droppable) {
    options.push_back("--" + to_string(one.part));
    if (arguments.has(to_string(one.part))) {
      parts.push_back(one.part);
    }
  }
  if (parts.empty()) {
    throw Error(ErrorKind::usage, "atelier slim: expected what is to be dropped: {}", one_of(options));
  }
  return parts;
}

// The only weights that a run has which did not get to its end are its checkpoints'.
bool would_lose_a_run(const runlog::Reader& log, const std::vector<Part>& parts) {
  const auto drops = [&](Part part) { return std::ranges::find(parts, part) != parts.end(); };
  return log.status() != runlog::Status::finished && (drops(Part::checkpoints) || drops(Part::optimizer_slots));
}

int slim(const Arguments& arguments) {
  const std::vector<Part> parts = chosen_parts(arguments);
  const std::vector<runlog::Heading> logs = changeable_logs(arguments, arguments.words);
  if (logs.size() != 1) {
    throw Error(ErrorKind::usage, "'{}': means {} logs, expected one", arguments.words.front(), logs.size());
  }
  const std::filesystem::path& log = logs.front().path;
  const std::filesystem::path output = arguments.text("output", "");
  if (!output.empty()) {
    check_writable(output);
  }
  if (output.empty() && would_lose_a_run(runlog::Reader(log), parts) &&
      !is_confirmed(arguments,
                    fmt::format("{}: is not finished, and can't go on without that; drop it?", log.string()))) {
    print_message("nothing is dropped");
    return exit_done;
  }
  const runlog::SlimOutcome outcome = runlog::slim(log, parts, output);
  print(fmt::format("{}: {}, {} before\n", (output.empty() ? log : output).string(),
                    human_bytes(static_cast<double>(outcome.bytes_after)),
                    human_bytes(static_cast<double>(outcome.bytes_before))));
  const runlog::Reader after(output.empty() ? log : output);
  for (const Droppable& one : droppable) {
    if (arguments.has(to_string(one.part))) {
      print(fmt::format("{}: {}\n", to_string(one.part),
                        dropped(after.slimmed(), one.part) ? one.afterwards : "it had none"));
    }
  }
  return exit_done;
}

std::vector<Option> options() {
  std::vector<Option> all;
  for (const Droppable& one : droppable) {
    all.push_back({to_string(one.part), "", one.help});
  }
  all.push_back({"output", "FILE.h5", "leave the log as it is, and write the smaller one there", 'o'});
  all.push_back(yes_option());
  all.push_back(out_option());
  return all;
}

}  // namespace

Verb slim_verb() {
  return {"slim",
          "LOG --PART ...",
          "make a log smaller by what is no longer wanted of it",
          "Makes a new file, compares what is kept with the old one bit by bit, and puts it in its place. The log says "
          "what was "
          "dropped, and so do verbs that need it.",
          1,
          1,
          options(),
          slim};
}

}  // namespace atelier::cli
