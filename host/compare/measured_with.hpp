// What a number of a run depends on beside how good its model is. Numbers that were measured with other things cannot
// be compared: a likelihood with a distance, an accuracy on other images, the judgement of another classifier.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compare/run.hpp"

namespace atelier::compare {

// A setting, or something else that numbers were measured with, that is not the same for all.
struct Unlikeness {
  std::string what;                 // "loss.reconstruction.use", "data sha256", "split"
  std::vector<std::string> values;  // each once; "" where a run has none
};
std::string to_string(const Unlikeness& unlikeness);  // "loss.reconstruction.use: bce, mse"
std::vector<std::string> texts_of(const std::vector<Unlikeness>& unlike);

// A validation split is drawn by the run's seed, so that of every seed is another.
enum class ValidationSplits { differ_by_seed, count_as_one };

// What one metric of these runs was measured with that is not the same for all; runs without it are not asked. A number
// of the model's own depends on the model, its losses, the data and the split; one of a metric on the metric's settings
// in the place of the model, and where it is in nats or bits on the losses that the runs share.
std::vector<Unlikeness> unlikenesses(const std::vector<const Run*>& runs, const std::string& metric,
                                     ValidationSplits splits);

}  // namespace atelier::compare
