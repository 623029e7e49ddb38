// The text of a Slurm job array that runs a sweep.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/slurm_ranks.hpp"

namespace atelier::cli {

struct SlurmJob {
  std::string name;
  std::vector<std::string> about;  // lines of the comment at its top
  int64_t points = 1, tasks = 1;
  std::optional<int64_t> at_once;             // tasks; all that there is room for where it is not given
  std::filesystem::path folder;               // in which the words hold
  std::filesystem::path logs;                 // folder of what each task says; whole
  std::filesystem::path program;              // whose sweep it is; a node may have it elsewhere
  std::vector<std::string> words;             // of `atelier run`, but for --task and --threads
  int64_t threads = 1;                        // of a process
  std::optional<SlurmRanks> ranks;            // where a run has several processes
  std::optional<int64_t> mebibytes, minutes;  // to ask for: of a process, and of a task
  std::vector<std::string> options;           // for sbatch, as given: "--partition=gpu"; they win over ours
};

// A bash script that shellcheck has nothing to say of. Throws Error(usage) for options that the array needs otherwise
// (--array, --output, --signal; with several ranks also --nodes, --ntasks and --cpus-per-task), for what is no option,
// and for names that Slurm or a line cannot have: with a line break, and in the path of its logs with a backslash.
std::string slurm_script(const SlurmJob& job);

}  // namespace atelier::cli
