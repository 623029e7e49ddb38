// Successive halving: of many runs all train to the first rung, the best of them to the next, and so on.
//
// K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016;
// asynchronously: L. Li et al., "A system for massively parallel hyperparameter tuning" (ASHA), MLSys 2020. ASHA
// promotes the best of those that have come so far, and so another set on another day. Here a run is promoted as soon
// as it is among the best of its whole rung whatever the rest of the rung will come to, and left behind as soon as it
// cannot be: nothing waits for what cannot change the answer, and the answer is that of the paper of 2016, a function
// of the runs' identities and values alone. More values never take back what was decided with fewer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace atelier::decision {

struct Halving {
  size_t rungs = 1;    // before the end, at which runs are compared; >= 1
  int64_t factor = 3;  // of so many runs at a rung one goes on; >= 2
  bool larger_is_better = false;
};

// How many of `points` go on from a rung, counted from 0: floor(points / factor^(rung + 1)), and one at least.
size_t promoted_at(const Halving& halving, size_t points, size_t rung);

// What is known of one run.
struct HalvingPoint {
  std::string identity;  // unlike every other's: of equal values that of the smaller identity is the better one
  std::vector<double>
      values;           // at each rung that it has reached, from the first on; one that is not finite is the worst
  bool failed = false;  // it will reach no further rung
};

enum class Fate {
  trains,    // to the next rung, or to the end where none is left
  waits,     // at a rung, for what the others come to
  stopped,   // was left behind at a rung
  is_worst,  // failed, or has no value at a rung: goes no further
};

struct Verdict {
  Fate fate = Fate::trains;
  size_t rung = 0;  // that it trains to, `rungs` for the end; or where it waits, was left behind, or failed to arrive
  // Where it was left behind: from 1, among the runs of that rung. 0 until all of them have come.
  size_t rank = 0;
  size_t of = 0;  // runs that came to that rung, those included that failed on the way
};

// One verdict for each of all points of a sweep, in their order.
std::vector<Verdict> decide(const Halving& halving, const std::vector<HalvingPoint>& points);

}  // namespace atelier::decision
