// The program: one verb after the other words of the command line.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace atelier::cli {

enum ExitCode { exit_done = 0, exit_failed = 1, exit_wrong_input = 2, exit_differs = 3, exit_interrupted = 130 };

// Does the work of a verb, once more with all plugins loaded where an index of them was wrong; prints what it throws,
// and returns the exit code. `thrown` is told of it, too.
int report_errors(const std::function<int()>& work, const std::function<void(const std::exception&)>& thrown);

// Runs the verb that `words` (argv without the program's name) begin with, prints errors, and returns the exit code.
// Never throws.
int run_program(const std::vector<std::string>& words);

}  // namespace atelier::cli
