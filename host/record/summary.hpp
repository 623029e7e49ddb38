// What an operation's summary says, for messages.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "record/operation.hpp"

namespace atelier::record {

// The names of a result's axes: {"B", "O", "H'", "W'"} of conv2d. None where the summary has none for each of them.
std::vector<std::string> result_axes(const Operation& operation, size_t output);

}  // namespace atelier::record
