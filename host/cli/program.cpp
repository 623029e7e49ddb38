#include "cli/program.hpp"

#include <filesystem>
#include <new>
#include <sstream>
#include <system_error>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/crash.hpp"
#include "cli/exit_code.hpp"
#include "cli/ranked_work.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "plugin/library_index.hpp"
#include "tensor/memory.hpp"

namespace atelier::cli {
namespace {

// The global options may stand before the verb; they are moved behind it.
int run_verb_of(std::vector<std::string> words) {
  const size_t leading = count_leading_options(words);
  if (words.size() == leading) {
    throw Error(ErrorKind::usage, "got no verb; see 'atelier help'");
  }
  const std::string name = words[leading];
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(leading));
  if (name == "--version") {
    print("atelier " ATELIER_VERSION "\n");
    return exit_done;
  }
  if (name == "--help" || name == "-h") {
    return find_verb("help").run({});
  }
  if (name.starts_with("-")) {
    throw Error(ErrorKind::usage, "unknown option '{}' before the verb; see 'atelier help'", name);
  }
  const Verb& verb = find_verb(name);
  const Arguments arguments = parse(verb, words);
  if (arguments.has("help")) {
    Arguments of_verb;
    of_verb.words = {verb.name};
    return find_verb("help").run(of_verb);
  }
  expect_ranks_may(verb.name);
  return verb.run(arguments);
}

void print_error(const std::string& message) {
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    print_message("atelier: error: " + line);
  }
}

bool is_wrong_input(ErrorKind kind) {
  return kind != ErrorKind::numeric && kind != ErrorKind::internal;
}

// Once more, and then with all plugins loaded, where an index of them was wrong: nothing has been done yet, as
// components are made before they are used.
int do_with_plugins(const std::function<int()>& work) {
  try {
    return work();
  } catch (const Error&) {  // a plugin that asked for another one's component has made another error of a StaleIndex
    if (plugin::LibraryIndex::is_believed()) {
      throw;
    }
  }
  return work();
}

int do_and_tell(const std::function<int()>& work, const std::function<void(const std::exception&)>& thrown) {
  try {
    const int code = do_with_plugins(work);
    flush_output();
    return code;
  } catch (const std::exception& error) {
    thrown(error);
    throw;
  }
}

}  // namespace

int exit_code_of(const std::exception& error) {
  const auto* const ours = dynamic_cast<const Error*>(&error);
  const bool is_wrong = ours != nullptr ? is_wrong_input(ours->kind())
                                        : dynamic_cast<const std::filesystem::filesystem_error*>(&error) != nullptr;
  return is_wrong ? exit_wrong_input : exit_failed;
}

int report_errors(const std::function<int()>& work, const std::function<void(const std::exception&)>& thrown) {
  try {
    return do_and_tell(work, thrown);
  } catch (const Error& error) {
    print_error(error.what());
    return exit_code_of(error);
  } catch (const std::filesystem::filesystem_error& error) {  // a path that cannot even be looked at
    print_error(printable(error.path1().string()) + ": " + error.code().message());
    return exit_wrong_input;
  } catch (const std::bad_alloc& error) {
    print_error(tensor::reason_of(error));
  } catch (const std::system_error& error) {  // no more threads, most likely
    print_error(fmt::format("the system refuses: {}", error.what()));
  } catch (const std::exception& error) {
    print_error(printable(error.what()) + " (a defect of atelier; please report it)");
  }
  return exit_failed;
}

int run_program(const std::vector<std::string>& words) {
  watch_crashes();
  try {
    return report_errors([&] { return run_verb_of(words); }, [](const std::exception&) {});
  } catch (...) {  // not even the message could be printed
    return exit_failed;
  }
}

}  // namespace atelier::cli
