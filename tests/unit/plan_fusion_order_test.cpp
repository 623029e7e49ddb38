// What may run together: the order that is kept while groups grow, against a search of everything that a node waits
// for.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "plan/fusion_order.hpp"
#include "random_recording.hpp"

using namespace atelier;
using namespace atelier::ops::test;

namespace {

// Groups of nodes by their definition.
class NaiveGroups {
 public:
  explicit NaiveGroups(const plan::Dependencies& dependencies) : dependencies_(dependencies) {
    for (int32_t n = 0; n < static_cast<int32_t>(dependencies.graph().nodes().size()); ++n) {
      members_.push_back({n});
      group_of_.push_back(n);
    }
  }

  [[nodiscard]] int32_t group_of(int32_t n) const { return group_of_[static_cast<size_t>(n)]; }
  [[nodiscard]] bool is_alone(int32_t n) const { return members_[static_cast<size_t>(group_of(n))].size() == 1; }

  // Whether a path leads from the group over another one to n.
  [[nodiscard]] bool waits_over_another(int32_t n, int32_t group) const {
    std::vector<int32_t> others;
    std::set<int32_t> seen;
    const auto see_before = [&](int32_t member) {
      for (const int32_t earlier : dependencies_.before(member)) {
        if (const int32_t other = group_of(earlier); other != group && seen.insert(other).second) {
          others.push_back(other);
        }
      }
    };
    see_before(n);
    for (size_t i = 0; i < others.size(); ++i) {
      for (const int32_t member : members_[static_cast<size_t>(others[i])]) {
        for (const int32_t earlier : dependencies_.before(member)) {
          if (group_of(earlier) == group) {
            return true;
          }
        }
        see_before(member);
      }
    }
    return false;
  }

  void join(int32_t n, int32_t group) {
    members_[static_cast<size_t>(n)].clear();
    members_[static_cast<size_t>(group)].push_back(n);
    group_of_[static_cast<size_t>(n)] = group;
  }

 private:
  const plan::Dependencies& dependencies_;
  std::vector<std::vector<int32_t>> members_;  // by group, which has the number of its first node
  std::vector<int32_t> group_of_;              // by node
};

}  // namespace

TEST_CASE("fusion order: a node joins another unless they would wait for each other over a third") {
  int joined = 0, refused = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Bench bench(Mode::train);
    RandomRecording::add_parameters(bench);
    bench.begin(0, 0, 7, {});
    bench.session().end(RandomRecording(bench, seed, RandomKind::training).record(0));
    const record::Graph& graph = bench.session().newest_plan()->lowered->graph;
    const plan::Dependencies dependencies(graph, std::vector<char>(graph.value_count(), 1), 0);
    plan::FusionOrder order(dependencies);
    NaiveGroups naive(dependencies);
    std::mt19937 random(seed);
    for (int32_t n = 0; n < static_cast<int32_t>(graph.nodes().size()); ++n) {
      for (const int32_t producer : dependencies.runs(n) ? dependencies.before(n) : std::vector<int32_t>()) {
        if (naive.is_alone(n) && random() % 3 != 0) {
          const bool may_join = !naive.waits_over_another(n, naive.group_of(producer));
          REQUIRE(order.join(n, producer) == may_join);
          if (may_join) {
            naive.join(n, naive.group_of(producer));
          }
          (may_join ? joined : refused) += 1;
        }
      }
    }
  }
  CHECK(joined > 1000);
  CHECK(refused > 100);
}
