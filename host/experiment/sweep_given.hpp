// Inside this room only: what a sweep varies, and what a command line says of the same keys.
#pragma once

#include <string>
#include <vector>

#include "experiment/sweep_axes.hpp"

namespace atelier::experiment {

// A value of the axis within the tables that lead to it, as an override has them.
Node nested(const Axis& axis, Node value);

void remove_axis(std::vector<Group>& groups, const std::vector<std::string>& path);

// What the override says, itself or within a table, no longer varies.
void remove_given(std::vector<Group>& groups, const std::string& override_text);

// An override of a key that values of a swept component have themselves: points would be told apart by what they don't
// have.
void refuse_contradiction(const std::vector<Group>& groups, const std::string& override_text, const Place& place,
                          Problems& problems);

}  // namespace atelier::experiment
