#include "decision/halving.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace atelier::decision {
namespace {

// One rung, and who has come to it.
class Rung {
 public:
  Rung(const Halving& halving, const std::vector<HalvingPoint>& points, size_t number)
      : halving_(halving), points_(points), number_(number), promoted_(promoted_at(halving, points.size(), number)) {}

  // Decides on the members that are known; `open`: points that may yet become members. Returns those that may yet be
  // promoted, or are.
  void decide(const std::vector<size_t>& members, size_t open, std::vector<Verdict>& verdicts) {
    for (const size_t member : members) {
      (is_known(member) ? known_ : training_).push_back(member);
    }
    std::ranges::sort(known_, [&](size_t a, size_t b) { return is_better(a, b); });
    const size_t unknown = training_.size() + open;
    for (const size_t member : training_) {
      verdicts[member] = {Fate::trains, number_};
    }
    for (size_t place = 0; place < known_.size(); ++place) {
      verdicts[known_[place]] = verdict_of(place, unknown);
    }
  }

  [[nodiscard]] bool promotes(const Verdict& verdict) const {
    return verdict.fate == Fate::trains && verdict.rung == number_ + 1;
  }

 private:
  [[nodiscard]] Verdict verdict_of(size_t place, size_t unknown) const {
    const size_t member = known_[place];
    if (!std::isfinite(value_of(member))) {
      return {Fate::is_worst, number_};
    }
    if (place >= promoted_) {
      const bool all_came = unknown == 0;
      return {Fate::stopped, number_, all_came ? place + 1 : 0, all_came ? known_.size() : 0};
    }
    return place + unknown < promoted_ ? Verdict{Fate::trains, number_ + 1} : Verdict{Fate::waits, number_};
  }

  [[nodiscard]] bool is_known(size_t member) const {
    return points_[member].failed || points_[member].values.size() > number_;
  }
  [[nodiscard]] double value_of(size_t member) const {
    const std::vector<double>& values = points_[member].values;
    return values.size() > number_ ? values[number_] : std::nan("");
  }
  [[nodiscard]] bool is_better(size_t a, size_t b) const {
    const double left = value_of(a), right = value_of(b);
    if (std::isfinite(left) != std::isfinite(right)) {
      return std::isfinite(left);
    }
    if (std::isfinite(left) && left != right) {
      return halving_.larger_is_better ? left > right : left < right;
    }
    return points_[a].identity < points_[b].identity;
  }

  const Halving& halving_;
  const std::vector<HalvingPoint>& points_;
  size_t number_;
  size_t promoted_;
  std::vector<size_t> known_, training_;
};

}  // namespace

size_t promoted_at(const Halving& halving, size_t points, size_t rung) {
  size_t left = points;
  for (size_t i = 0; i <= rung; ++i) {
    left /= static_cast<size_t>(halving.factor);
  }
  return std::max<size_t>(left, 1);
}

std::vector<Verdict> decide(const Halving& halving, const std::vector<HalvingPoint>& points) {
  ATELIER_CHECK(halving.rungs >= 1 && halving.factor >= 2);
  std::vector<Verdict> verdicts(points.size());
  std::vector<size_t> members(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    members[i] = i;
  }
  size_t open = 0;  // places at this rung that are not taken yet
  for (size_t number = 0; number < halving.rungs; ++number) {
    Rung rung(halving, points, number);
    rung.decide(members, open, verdicts);
    std::vector<size_t> promoted;
    size_t undecided = open;
    for (const size_t member : members) {
      if (rung.promotes(verdicts[member])) {
        promoted.push_back(member);
      } else if (verdicts[member].fate == Fate::waits || verdicts[member].fate == Fate::trains) {
        ++undecided;
      }
    }
    open = std::min(undecided, promoted_at(halving, points.size(), number) - promoted.size());
    members = std::move(promoted);
  }
  return verdicts;
}

}  // namespace atelier::decision
