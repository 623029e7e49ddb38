// The processes that mpirun or srun has started, joined to one run.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/ranks.hpp"
#include "ranks/launched.hpp"

namespace atelier::ranks {

// The first rank leads: it says how the run ended, and the others end as it does. A rank that ends without a word, as
// one that is killed or whose machine is gone, is known to the first within seconds (Ranks::lost), as is its host.
class Joined : public Ranks {
 public:
  // At the end of the work, however it ended. The first tells the others with which exit code, and waits a while for
  // them to hear; they wait for that.
  virtual void end(int code) = 0;
  // Another one's whose work has failed: tells the first why, and waits for its end.
  virtual void fail(const std::string& words) = 0;
  // How the first one ended, once the others are told; 1 where it had no time to tell.
  [[nodiscard]] virtual int code_of_first() const = 0;
};

// How the loss of a rank is told: in lost(), and so in the log of a run that it ended.
inline constexpr std::string_view without_a_word = "ended without a word", mpi_noticed = "MPI: ";
inline bool tells_of_a_lost_rank(std::string_view reason) {
  return reason.find(without_a_word) != std::string_view::npos || reason.find(mpi_noticed) != std::string_view::npos;
}

// Whether this program was built to be one of several (ATELIER_MPI).
bool has_mpi();

// Waits for all others. Once in a process, which has not been joined before, nor any that it was forked from. Throws
// Error(usage) where the program was built without MPI, or where MPI knows nothing of the others.
std::unique_ptr<Joined> join(const Launched& launched);

}  // namespace atelier::ranks
