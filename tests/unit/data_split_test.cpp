#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "data/split.hpp"

using atelier::data::hold_out;

namespace {

int64_t count(const std::vector<bool>& held_out) {
  return std::ranges::count(held_out, true);
}

// What divide says to so many drawn samples.
std::string refusal(double validation, int64_t samples) {
  try {
    static const atelier::plugin::Registry registry({SHAPES_PLUGIN});
    const atelier::catalog::Settings settings{{"size", int64_t{8}},
                                              {"channels", int64_t{1}},
                                              {"count", samples},
                                              {"test_count", int64_t{1}},
                                              {"seed", int64_t{0}}};
    atelier::data::divide(atelier::plugin::Dataset(registry, {"shapes", settings, {}}, ".", {}), validation, 0);
  } catch (const atelier::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("samples that are groups of their own are held out in exactly the wanted number") {
  std::vector<int64_t> groups(1000);
  std::iota(groups.begin(), groups.end(), 0);
  for (const int64_t wanted : {1, 100, 999}) {
    CHECK(count(hold_out(groups, wanted, 3)) == wanted);
  }
  CHECK(hold_out(groups, 100, 3) == hold_out(groups, 100, 3));
  CHECK(hold_out(groups, 100, 3) != hold_out(groups, 100, 4));
}

TEST_CASE("groups are held out whole, about as many samples as wanted") {
  std::vector<int64_t> groups;
  for (int64_t group = 0; group < 300; ++group) {
    groups.insert(groups.end(), static_cast<size_t>(1 + group % 6), 7 * group);
  }
  std::rotate(groups.begin(), groups.begin() + 100, groups.end());
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<bool> held_out = hold_out(groups, 105, seed);
    std::map<int64_t, bool> side;
    for (size_t i = 0; i < groups.size(); ++i) {
      CHECK(side.try_emplace(groups[i], held_out[i]).first->second == held_out[i]);
    }
    CHECK(count(held_out) == 105);  // there are small groups enough to fill any gap
  }
}

TEST_CASE("where no groups add up to the wanted number, the nearer one is taken") {
  const std::vector<int64_t> fours{1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
  CHECK(count(hold_out(fours, 1, 0)) == 0);
  CHECK(count(hold_out(fours, 3, 0)) == 4);
  CHECK(count(hold_out(fours, 5, 0)) == 4);
  CHECK(count(hold_out(fours, 7, 0)) == 8);
}

TEST_CASE("a validation split that rounds to nothing, or to everything, is refused with the numbers") {
  CHECK(refusal(0, 4).empty());
  CHECK(refusal(0.2, 4).empty());  // 0.8 of a sample is one
  CHECK(refusal(0.1, 4) ==
        "dataset.validation: got 0.1, which is none of the 4 training samples, expected at least one on each side; "
        "hint: 0.25 holds out one");
  CHECK(refusal(0.9, 4) ==
        "dataset.validation: got 0.9, which is all of the 4 training samples, expected at least one on each side; "
        "hint: 0.25 holds out one");
  CHECK(refusal(0.4, 1).find("; hint: use more of them, or no validation") != std::string::npos);
}
