// Why there is no figure. Every function of this room gives NaN and a reason for what its numbers cannot tell.
#pragma once

#include <span>
#include <string>

namespace atelier::statistics {

enum class Lack { none, too_few, all_equal, not_finite };
// "too few values", "all values are equal", "a value is not finite"; "" for none.
std::string to_string(Lack lack);

// not_finite where a value is NaN or infinite, too_few where there are fewer than `least`.
Lack lack_of(std::span<const double> values, size_t least);
bool all_equal(std::span<const double> values);

}  // namespace atelier::statistics
