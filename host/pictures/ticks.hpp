// Round numbers along an axis.
#pragma once

#include <string>
#include <vector>

namespace atelier::pictures {

struct Tick {
  double at;
  std::string label;  // "" for one that is drawn without
};

// Multiples of 1, 2 or 5 times a power of ten from `low` to `high`, which is larger; about `wanted` of them.
std::vector<Tick> linear_ticks(double low, double high, int wanted);
// Powers of ten, and where these are few also 2 and 5 times them; both bounds are positive. Of a range in which there
// are not two of these, linear ones.
std::vector<Tick> logarithmic_ticks(double low, double high, int wanted);

}  // namespace atelier::pictures
