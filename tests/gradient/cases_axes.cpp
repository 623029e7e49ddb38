#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using record::Attributes;

void add_signals(std::vector<Case>& cases) {
  cases.push_back({"conv1d/1", {{{2, 3, 5}}, {{2, 3, 2}}, {{2}}}});
  cases.push_back({"conv1d/1", {{{2, 4, 7}}, {{6, 2, 3}}}, {list({2}), list({2, 1}), list({2}), whole(2)}});
  cases.push_back({"conv1d/1", {{{1, 1, 1}}, {{1, 1, 1}}}});
  cases.push_back({"conv_transpose1d/1", {{{2, 3, 4}}, {{3, 2, 3}}, {{2}}}});
  cases.push_back(
      {"conv_transpose1d/1", {{{1, 4, 3}}, {{4, 1, 2}}}, {list({3}), list({1, 0}), list({2}), list({2}), whole(2)}});
}

void add_volumes(std::vector<Case>& cases) {
  const Attributes uneven{list({2, 1, 2}), list({1, 2, 0, 1, 1, 0}), list({2, 1, 1})};
  cases.push_back({"conv3d/1", {{{1, 2, 3, 3, 2}}, {{2, 2, 2, 2, 2}}, {{2}}}});
  cases.push_back({"conv3d/1", {{{2, 1, 3, 2, 3}}, {{2, 1, 2, 2, 1}}}, uneven});
  cases.push_back({"conv3d/1",
                   {{{1, 2, 2, 2, 2}}, {{4, 1, 2, 1, 2}}},
                   {list({1, 1, 1}), list({0, 0, 0, 0, 0, 0}), list({1, 1, 1}), whole(2)}});
  cases.push_back({"conv3d/1", {{{2, 3, 2, 2, 1}}, {{2, 3, 1, 1, 1}}}, {list({2, 1, 1})}});
  cases.push_back({"conv_transpose3d/1", {{{1, 2, 2, 2, 2}}, {{2, 2, 2, 2, 1}}, {{2}}}});
  cases.push_back({"conv_transpose3d/1",
                   {{{1, 2, 2, 1, 2}}, {{2, 1, 3, 2, 1}}, {{2}}},
                   {list({2, 1, 2}), list({1, 1, 0, 0, 0, 0}), list({1, 0, 1}), list({1, 2, 1}), whole(2)}});
}

void add_pooling_along_axes(std::vector<Case>& cases) {
  for (const auto* name : {"max_pool1d/1", "avg_pool1d/1"}) {
    cases.push_back({name, {{{2, 3, 7}}}, {list({3}), list({2}), list({1, 1})}});
    cases.push_back({name, {{{1, 2, 4}}}, {list({2})}});
  }
  cases.push_back({"avg_pool1d/1", {{{1, 2, 4}}}, {list({3}), list({1}), list({1, 2}), whole(0)}});
  for (const auto* name : {"max_pool3d/1", "avg_pool3d/1"}) {
    cases.push_back({name, {{{2, 1, 3, 3, 2}}}, {list({2, 2, 2}), list({1, 2, 1}), list({1, 0, 0, 1, 0, 0})}});
  }
  cases.push_back(
      {"avg_pool3d/1", {{{1, 2, 2, 3, 2}}}, {list({2, 2, 1}), list({2, 1, 1}), list({1, 1, 1, 0, 0, 0}), whole(0)}});
}

void add_patches(std::vector<Case>& cases) {
  const Attributes uneven{list({2, 3}), list({2, 1}), list({1, 0, 2, 1}), list({1, 2})};
  cases.push_back({"unfold/1", {{{2, 2, 3, 4}}}, {list({2, 2})}});
  cases.push_back({"unfold/1", {{{1, 2, 3, 4}}}, uneven});
  cases.push_back({"fold/1", {{{2, 4, 6}}}, {list({3, 4}), list({2, 2})}});
  cases.push_back(
      {"fold/1", {{{1, 12, 6}}}, {list({3, 4}), list({2, 3}), list({2, 1}), list({1, 0, 2, 1}), list({1, 2})}});
}

}  // namespace

std::vector<Case> axes_cases() {
  std::vector<Case> cases;
  add_signals(cases);
  add_volumes(cases);
  add_pooling_along_axes(cases);
  add_patches(cases);
  return cases;
}

}  // namespace atelier::gradient_test
