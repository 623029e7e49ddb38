// Several processes for each run of a Slurm job array, which srun starts and MPI joins (docs/scaling.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace atelier::cli {

struct SlurmRanks {
  struct Nodes {
    int64_t least = 1, most = 1;
  };
  int64_t most = 1;            // of a run; it divides the shards
  std::optional<Nodes> nodes;  // that Slurm is to give, each with as many ranks; without it, any that have room for all
  std::string mpi;             // for srun --mpi
  int64_t shards = 1;          // what those of all runs are a multiple of

  [[nodiscard]] int64_t on_a_node() const { return nodes ? most / nodes->most : most; }
  // Of a run where Slurm gives the fewest nodes: the most that they have room for and that divide the shards.
  [[nodiscard]] int64_t fewest() const;
  [[nodiscard]] std::string words() const;  // "1 to 4 ranks on 1 to 4 nodes"
};

// By --ranks, --nodes and --mpi, but for the shards; nothing where they ask for one process. Throws Error(usage), also
// where this program was built without MPI.
std::optional<SlurmRanks> slurm_ranks_of(const Arguments& arguments);

std::vector<Option> slurm_rank_options();

}  // namespace atelier::cli
