#include "ranks/launched.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace atelier::ranks {
namespace {

std::optional<int> number_in(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) {
    return std::nullopt;
  }
  const std::string_view digits(text);
  int value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return status == std::errc() && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

// Slurm says "2(x3),1" of all nodes; the first number is near enough.
int on_this_machine() {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE"}) {
    if (const std::optional<int> count = number_in(name); count && *count > 0) {
      return *count;
    }
  }
  const char* const tasks = std::getenv("SLURM_STEP_TASKS_PER_NODE");
  return tasks == nullptr ? 1 : std::max(1, std::atoi(tasks));
}

}  // namespace

std::optional<Launched> launched() {
  constexpr const char* pairs[][2] = {
      {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},  // mpirun of Open MPI
      {"PMI_SIZE", "PMI_RANK"},                          // of MPICH, and srun --mpi=pmi2
  };
  for (const auto& [size, rank] : pairs) {
    const std::optional<int> count = number_in(size), number = number_in(rank);
    if (count && number && *count > 1) {
      return Launched{*number, *count, on_this_machine(), size};
    }
  }
  const std::optional<int> tasks = number_in("SLURM_STEP_NUM_TASKS"), rank = number_in("PMIX_RANK");
  if (tasks && rank && *tasks > 1) {  // srun --mpi=pmix
    return Launched{*rank, *tasks, on_this_machine(), "PMIX_RANK"};
  }
  return std::nullopt;
}

}  // namespace atelier::ranks
