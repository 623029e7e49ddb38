#include "base/error.hpp"
#include "ranks/joined.hpp"

namespace atelier::ranks {

bool has_mpi() {
  return false;
}

std::unique_ptr<Joined> join(const Launched& launched) {
  throw Error(ErrorKind::usage,
              "{}: got {} processes of one program that was built without MPI: each would do the whole work; hint: one "
              "process, or a program that was configured with -DATELIER_MPI=ON",
              launched.by, launched.count);
}

}  // namespace atelier::ranks
