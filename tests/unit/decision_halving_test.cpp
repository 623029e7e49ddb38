#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "decision/halving.hpp"

namespace atelier::decision {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

// What each run would come to at every rung: what no decision knows before it has trained that far.
struct Truth {
  std::vector<std::string> identities;
  std::vector<std::vector<double>> values;  // by run and rung
  std::vector<size_t> fails_before;         // the rung that it never reaches
};

Truth random_truth(std::mt19937_64& random, const Halving& halving, size_t points) {
  Truth truth;
  for (size_t i = 0; i < points; ++i) {
    truth.identities.push_back(fmt::format("{:016x}", random()));
    truth.values.emplace_back();
    for (size_t rung = 0; rung < halving.rungs; ++rung) {
      const uint64_t kind = random() % 20;  // few values, so that many are equal
      truth.values.back().push_back(kind == 0   ? nothing
                                    : kind == 1 ? std::numeric_limits<double>::infinity()
                                                : static_cast<double>(random() % 6));
    }
    truth.fails_before.push_back(random() % 12 == 0 ? random() % halving.rungs : halving.rungs);
  }
  return truth;
}

// The paper, rung by rung: all of it trains, then the best of it go on.
std::vector<std::set<std::string>> by_whole_rungs(const Halving& halving, const Truth& truth) {
  std::vector<size_t> members(truth.identities.size());
  std::iota(members.begin(), members.end(), size_t{0});
  std::vector<std::set<std::string>> promoted;
  for (size_t rung = 0; rung < halving.rungs; ++rung) {
    std::erase_if(members,
                  [&](size_t i) { return truth.fails_before[i] <= rung || !std::isfinite(truth.values[i][rung]); });
    std::ranges::sort(members, {}, [&](size_t i) {
      const double value = truth.values[i][rung];
      return std::pair(halving.larger_is_better ? -value : value, truth.identities[i]);
    });
    auto left = static_cast<double>(truth.identities.size());
    left = std::max(1.0, std::floor(left / std::pow(static_cast<double>(halving.factor), rung + 1)));
    members.resize(std::min(members.size(), static_cast<size_t>(left)));
    promoted.emplace_back();
    for (const size_t i : members) {
      promoted.back().insert(truth.identities[i]);
    }
  }
  return promoted;
}

struct Outcome {
  std::vector<std::set<std::string>> promoted;                   // at each rung
  std::map<std::string, std::pair<size_t, size_t>> left_behind;  // rung and rank
  std::vector<HalvingPoint> points;
};

// Trains `jobs` runs at a time, which come to their ends in any order.
Outcome simulated(const Halving& halving, const Truth& truth, size_t jobs, std::mt19937_64& random) {
  Outcome out;
  out.promoted.resize(halving.rungs);
  std::vector<size_t> order(truth.identities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::shuffle(order, random);
  for (const size_t i : order) {
    out.points.push_back({truth.identities[i], {}});
  }
  std::set<size_t> running, ended;
  std::vector<Verdict> before;
  while (true) {
    const std::vector<Verdict> verdicts = decide(halving, out.points);
    for (size_t i = 0; i < verdicts.size() && !before.empty(); ++i) {  // nothing is taken back
      CHECK(verdicts[i].rung >= before[i].rung);
      if (before[i].fate == Fate::stopped || before[i].fate == Fate::is_worst) {
        CHECK(verdicts[i].fate == before[i].fate);
        CHECK(verdicts[i].rung == before[i].rung);
      }
    }
    before = verdicts;
    for (size_t i = 0; i < verdicts.size() && running.size() < jobs; ++i) {
      if (verdicts[i].fate == Fate::trains && ended.count(i) == 0) {
        running.insert(i);
      }
    }
    if (running.empty()) {
      break;
    }
    const size_t done = *std::next(running.begin(), static_cast<std::ptrdiff_t>(random() % running.size()));
    running.erase(done);
    HalvingPoint& point = out.points[done];
    const size_t rung = verdicts[done].rung;
    if (rung == halving.rungs) {
      ended.insert(done);
    } else if (truth.fails_before[order[done]] <= rung) {
      point.failed = true;
    } else {
      point.values.push_back(truth.values[order[done]][rung]);
    }
  }
  const std::vector<Verdict> last = decide(halving, out.points);
  for (size_t i = 0; i < last.size(); ++i) {
    CHECK(last[i].fate != Fate::waits);
    CHECK((last[i].fate != Fate::trains || last[i].rung == halving.rungs));
    for (size_t rung = 0; rung < last[i].rung; ++rung) {
      out.promoted[rung].insert(out.points[i].identity);
    }
    if (last[i].fate == Fate::stopped) {
      out.left_behind[out.points[i].identity] = {last[i].rung, last[i].rank};
    }
  }
  return out;
}

TEST_CASE("however many train at a time, and in whichever order they end, those of the paper are promoted") {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 400; ++trial) {
    const Halving halving{1 + random() % 4, static_cast<int64_t>(2 + random() % 3), random() % 2 == 0};
    const Truth truth = random_truth(random, halving, 1 + random() % 40);
    const auto expected = by_whole_rungs(halving, truth);
    CAPTURE(trial);
    std::map<std::string, std::pair<size_t, size_t>> left_behind;
    for (const size_t jobs : {size_t{1}, size_t{8}, size_t{100}}) {
      const Outcome outcome = simulated(halving, truth, jobs, random);
      CHECK(outcome.promoted == expected);
      if (jobs == 1) {
        left_behind = outcome.left_behind;
      }
      CHECK(outcome.left_behind == left_behind);
    }
  }
}

TEST_CASE("how many go on is known beforehand") {
  const Halving halving{3, 3};
  CHECK(promoted_at(halving, 27, 0) == 9);
  CHECK(promoted_at(halving, 27, 1) == 3);
  CHECK(promoted_at(halving, 27, 2) == 1);
  CHECK(promoted_at(halving, 26, 0) == 8);
  CHECK(promoted_at(halving, 26, 1) == 2);
  CHECK(promoted_at(halving, 2, 0) == 1);
  CHECK(promoted_at(halving, 1, 2) == 1);
}

TEST_CASE("one that is among the best whatever the others come to goes on at once") {
  const Halving halving{1, 3};
  std::vector<HalvingPoint> points{{"a", {1.0}}, {"b", {2.0}}, {"c", {3.0}}, {"d", {}}, {"e", {}}, {"f", {}}};
  auto verdicts = decide(halving, points);  // two of six go on
  CHECK(verdicts[0].fate == Fate::waits);   // three may be better
  CHECK(verdicts[1].fate == Fate::waits);
  CHECK(verdicts[2].fate == Fate::stopped);
  CHECK(verdicts[2].rank == 0);  // not known yet
  CHECK(verdicts[3].fate == Fate::trains);

  points[3].values = {4.0};
  points[4].failed = true;
  verdicts = decide(halving, points);
  CHECK(verdicts[0].fate == Fate::trains);
  CHECK(verdicts[0].rung == 1);
  CHECK(verdicts[1].fate == Fate::waits);

  points[5].values = {2.0};  // as b, whose identity is smaller
  verdicts = decide(halving, points);
  CHECK(verdicts[1].fate == Fate::trains);
  CHECK(verdicts[5].fate == Fate::stopped);
  CHECK(verdicts[5].rank == 3);
  CHECK(verdicts[5].of == 6);
  CHECK(verdicts[3].rank == 5);
  CHECK(verdicts[4].fate == Fate::is_worst);
}

TEST_CASE("no value, or one that is not finite, is the worst, and is never promoted") {
  const Halving halving{1, 2, true};
  const double infinite = std::numeric_limits<double>::infinity();
  const auto verdicts = decide(halving, {{"a", {nothing}}, {"b", {infinite}}, {"c", {-infinite}}, {"d", {-5.0}}});
  CHECK(verdicts[0].fate == Fate::is_worst);
  CHECK(verdicts[1].fate == Fate::is_worst);
  CHECK(verdicts[2].fate == Fate::is_worst);
  CHECK(verdicts[3].fate == Fate::trains);
  CHECK(verdicts[3].rung == 1);
}

TEST_CASE("where all fail nothing goes on, and a single run trains to its end") {
  const Halving halving{2, 3};
  for (const Verdict& verdict : decide(halving, {{"a", {}, true}, {"b", {}, true}})) {
    CHECK(verdict.fate == Fate::is_worst);
  }
  CHECK(decide(halving, {}).empty());
  CHECK(decide(halving, {{"a", {1.0, 1.0}}}).front().rung == 2);
  CHECK(decide(halving, {{"a", {1.0, 1.0}}}).front().fate == Fate::trains);
}

}  // namespace
}  // namespace atelier::decision
