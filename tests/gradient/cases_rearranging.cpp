#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

void add_rearranged(std::vector<Case>& cases) {
  cases.push_back({"transpose/1", {{{2, 3, 4}}}});
  cases.push_back({"transpose/1", {{{2, 3, 4}}}, {whole(0), whole(-1)}});
  cases.push_back({"squeeze/1", {{{1, 3, 1, 2}}}, {list({-2})}});
  cases.push_back({"squeeze/1", {{{1, 3, 1, 2}}}});
  cases.push_back({"unsqueeze/1", {{{3, 2}}}, {whole(-1)}});
  cases.push_back({"stack/1", {{{3, 2}}, {{3, 2}}, {{3, 2}}}, {whole(1)}});
  cases.push_back({"stack/1", {{{}}, {{}}}});
  cases.push_back({"tile/1", {{{2, 1, 3}}}, {list({1, 3, 2})}});
  cases.push_back({"tile/1", {{{}}}, {list({})}});
  cases.push_back({"repeat/1", {{{2, 3}}}, {whole(3), whole(1)}});
  cases.push_back({"repeat/1", {{{2, 3}}}, {whole(2)}});
  cases.push_back({"flip/1", {{{2, 3, 2}}}, {list({0, -1})}});
  cases.push_back({"flip/1", {{{2, 3, 4, 5}}}, {list({3})}});
  cases.push_back({"roll/1", {{{4, 3}}}, {list({1, -4}), list({0, 1})}});
  cases.push_back({"strided_slice/1", {{{7, 2}}}, {whole(0), whole(1), whole(6), whole(2)}});
  cases.push_back({"strided_slice/1", {{{2, 7}}}, {whole(-1), whole(-1), whole(-8), whole(-3)}});
}

void add_borders(std::vector<Case>& cases) {
  cases.push_back({"pad_constant/1", {{{2, 3}}}, {list({1, 0}), list({0, 2}), Attribute::of(1.5)}});
  for (const auto* name : {"pad_reflect/1", "pad_replicate/1", "pad_circular/1"}) {
    cases.push_back({name, {{{2, 3, 4}}}, {list({0, 2, 1}), list({0, 1, 3})}});
    cases.push_back({name, {{{1, 2, 3, 3}}}, {list({0, 0, 1, 2}), list({0, 0, 2, 1})}});
  }
  cases.push_back({"pad_replicate/1", {{{1}}}, {list({3}), list({2})}});
}

void add_parts(std::vector<Case>& cases) {
  cases.push_back({"arrange/1", {{{2, 4, 3}}}, {whole(1), list({3, -1, 3, -1, 0, 2, 1, 0, 2}), Attribute::of(0.5)}});
  cases.push_back({"arrange_transpose/1", {{{2, 7, 3}}}, {whole(1), list({3, -1, 3, -1, 0, 2, 1, 0, 2}), whole(4)}});
}

}  // namespace

std::vector<Case> rearranging_cases() {
  std::vector<Case> cases;
  add_rearranged(cases);
  add_borders(cases);
  add_parts(cases);
  return cases;
}

}  // namespace atelier::gradient_test
