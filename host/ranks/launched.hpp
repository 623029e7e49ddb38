// How this process was started: alone, or as one of several by mpirun or srun.
#pragma once

#include <optional>
#include <string>

namespace atelier::ranks {

struct Launched {
  int rank = 0;
  int count = 1;
  int on_machine = 1;  // of them on this one
  std::string by;      // which words of the environment say so: "OMPI_COMM_WORLD_SIZE"
};

// By the environment alone, which a program without MPI sees, too. Absent for a process that is alone.
std::optional<Launched> launched();

}  // namespace atelier::ranks
