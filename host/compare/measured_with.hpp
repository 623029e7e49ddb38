// What a number of a run depends on beside how good its model is. Numbers that were measured with other things cannot
// be compared: a likelihood with a distance, an accuracy on other images, the judgement of another classifier.
#pragma once

#include <map>
#include <string>

#include "compare/run.hpp"

namespace atelier::compare {

// By what it is: "model", "loss", "data", "split", "judge"; the same keys for every run.
std::map<std::string, std::string> measured_with(const Run& run, const Series& series);

}  // namespace atelier::compare
