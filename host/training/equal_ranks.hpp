// That the processes of one run are about to compute the same.
#pragma once

#include "base/ranks.hpp"
#include "experiment/experiment.hpp"
#include "runlog/description.hpp"
#include "runlog/weights.hpp"

namespace atelier::training {

// Throws Error(experiment) where so many do not divide the shards of the batches.
void expect_divided(const experiment::Experiment& experiment, int ranks);

// Each with its own description, at the same point of their work: they wait for each other. The first one's gets the
// hosts of all. Throws, there, Error(experiment) that names the rank and the host that has another experiment, other
// data, other plugins, a processor or libraries that compute otherwise, or begins elsewhere (`checkpoint`: null at the
// beginning); the others are told by the end of the first.
void expect_equal_ranks(Ranks& ranks, runlog::RunDescription& description, const runlog::Checkpoint* checkpoint);

}  // namespace atelier::training
