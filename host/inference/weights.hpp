// A model's weights, on their way into a log and out of it.
#pragma once

#include "record/bank.hpp"
#include "runlog/weights.hpp"

namespace atelier::inference {

// Views of what a log keeps, in declared order: all but other runs' models. Valid while nothing trains.
runlog::WeightsView weights_of(const record::Bank& bank);
// With the averages of the weights where they are kept: what evaluation and samples use.
runlog::WeightsView averaged_weights_of(record::Bank& bank);

// Takes weights from a log, and begins their averages there; throws Error(file) where names or shapes differ.
void load(const runlog::Weights& weights, record::Bank& bank);

}  // namespace atelier::inference
