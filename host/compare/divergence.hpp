// Where two logs of equal experiments part, to the last bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runlog/reader.hpp"

namespace atelier::compare {

struct Divergence {
  int64_t step = 0;
  std::string what;   // "metrics/train/loss", "tensors/critic.2 at (0, 3)", "the weights, generator.0.weight at (5)"
  std::string first;  // what each has there
  std::string second;
};

struct Agreement {
  bool checkpoint = false, best = false, final_weights = false;  // whether both had them of one step, to be compared
  int64_t kept = 0;                                              // checkpoints that stay, and that both had
  int64_t values = 0;                                            // that were compared: numbers, pixels, texts
  std::optional<Divergence> divergence;  // the first step that differs; of several in one step, in the log's order
};

// All but the clock's: metrics, tensors and samples of the steps after the first of these up to and with the last; and
// the weights, slots and counters of checkpoints, best and final weights, where both have them of the same step. What
// evaluations have come to is left out of a checkpoint after the last, which has one still before it. A NaN equals a
// NaN of the same bits. Throws Error(file) for what cannot be read. What was dropped of the first is left out.
struct Steps {
  int64_t after = 0;
  int64_t until = 0;
};
Agreement agreement_of(const runlog::Reader& first, const runlog::Reader& second, const Steps& steps);

std::optional<Divergence> divergence_of(int64_t step, const std::string& what, const tensor::Tensor& first,
                                        const tensor::Tensor& second);

// Two checkpoints, as agreement_of does.
std::optional<Divergence> divergence_of(const runlog::Checkpoint& first, const runlog::Checkpoint& second);

}  // namespace atelier::compare
