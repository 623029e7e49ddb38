// What is done by several processes that mpirun or srun has started.
#pragma once

#include <functional>
#include <string>

#include "base/ranks.hpp"
#include "supervision/child.hpp"

namespace atelier::cli {

// Where this process is one of several, all but the first are silent from here on. Throws Error(usage) where they are
// of a program without MPI, or would all do the same.
void expect_ranks_may(const std::string& verb);

// How many there are; 1 for a process that is alone.
int count_of_ranks();
// Throws Error(usage) where this process is one of several: `what` is for one alone, and `hint` says what to do.
void expect_alone(const std::string& what, const std::string& hint);

// In a child that is watched: its work as one of the ranks of a run, null where it is alone. The first one's end is
// that of all: the others return its exit code, and it is told what ended them.
int work_as_rank(const supervision::Link& link, const std::function<int(Ranks*)>& work);

}  // namespace atelier::cli
