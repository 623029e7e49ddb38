// The program: one verb after the other words of the command line.
#pragma once

#include <string>
#include <vector>

namespace atelier::cli {

enum ExitCode { exit_done = 0, exit_failed = 1, exit_wrong_input = 2, exit_differs = 3, exit_interrupted = 130 };

// Runs the verb that `words` (argv without the program's name) begin with, prints errors, and returns the exit code.
// Never throws.
int run_program(const std::vector<std::string>& words);

}  // namespace atelier::cli
