#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using tensor::Shape;

void add_movement(std::vector<Case>& cases) {
  cases.push_back({"reshape/1", {{{2, 3, 5}}}, {list({5, -1})}});
  cases.push_back({"reshape/1", {{{1}}}, {list({})}});
  cases.push_back({"permute/1", {{{2, 3, 5}}}, {list({2, 0, 1})}});
  cases.push_back({"permute/1", {{{4, 1}}}, {list({1, 0})}});
  cases.push_back({"permute/1", {{{}}}, {list({})}});
  cases.push_back({"slice/1", {{{3, 5}}}, {whole(-1), whole(2), whole(2)}});
  cases.push_back({"slice/1", {{{3, 5, 2}}}, {whole(0), whole(0), whole(1)}});
  cases.push_back({"update_slice/1", {{{3, 5}}, {{3, 2}}}, {whole(1), whole(3)}});
  cases.push_back({"update_slice/1", {{{4, 3, 2}}, {{1, 3, 2}}}, {whole(0), whole(2)}});
  cases.push_back({"concatenate/1", {{{2, 1, 3}}, {{2, 4, 3}}, {{2, 2, 3}}}, {whole(1)}});
  cases.push_back({"concatenate/1", {{{5}}}, {whole(0)}});
  cases.push_back({"concatenate/1", {{{2, 3}}, {{2, 2}}}, {whole(-1)}});
  cases.push_back({"pad/1", {{{2, 3}}}, {list({1, 0}), list({0, 2})}});
  cases.push_back({"pad/1", {{{1, 2, 3, 3}}}, {list({0, 0, 1, 2}), list({0, 0, 2, 1})}});
}

// Real numbers become constants, or places.
void add_constants(std::vector<Case>& cases) {
  cases.push_back({"to_integer/1", {{{3, 5}}}});
}

void add_reductions(std::vector<Case>& cases) {
  for (const auto* name : {"sum/1", "mean/1", "max/1", "min/1", "product/1", "logsumexp/1"}) {
    for (const int64_t keep : {0, 1}) {
      cases.push_back({name, {{{3, 5}}}, {list({}), whole(keep)}});
      cases.push_back({name, {{{3, 5}}}, {list({0}), whole(keep)}});
      cases.push_back({name, {{{2, 3, 4, 5}}}, {list({0, 2, 3}), whole(keep)}});
      cases.push_back({name, {{{2, 3, 4}}}, {list({-2}), whole(keep)}});
      cases.push_back({name, {{{2, 3, 4}}}, {list({2, 0}), whole(keep)}});
      cases.push_back({name, {{{1, 3, 1}}}, {list({0, 2}), whole(keep)}});
      cases.push_back({name, {{{}}}, {list({}), whole(keep)}});
    }
  }
  for (const auto* name : {"variance/1", "standard_deviation/1"}) {
    for (const double correction : {0.0, 1.0}) {
      cases.push_back({name, {{{3, 5}}}, {list({}), whole(0), Attribute::of(correction)}});
      cases.push_back({name, {{{2, 3, 4}}}, {list({2, 0}), whole(1), Attribute::of(correction)}});
    }
  }
  for (const auto* name : {"reduce_sum/1", "reduce_max/1", "reduce_min/1", "reduce_product/1"}) {
    cases.push_back({name, {{{2, 3, 4, 2}}}, {whole(1), whole(2)}});
    cases.push_back({name, {{{7}}}, {whole(0), whole(1)}});
  }
  for (const auto* name : {"argmax/1", "argmin/1"}) {
    cases.push_back({name, {{{3, 5}}}, {whole(-1)}});
    cases.push_back({name, {{{3, 5, 2}}}, {whole(1)}});
  }
}

void add_cumulative(std::vector<Case>& cases) {
  for (const auto* name : {"cumulative_sum/1", "cumulative_product/1"}) {
    for (const int64_t exclusive : {0, 1}) {
      for (const int64_t reverse : {0, 1}) {
        cases.push_back({name, {{{2, 4}}}, {whole(-1), whole(exclusive), whole(reverse)}});
        cases.push_back({name, {{{2, 4, 3}}}, {whole(1), whole(exclusive), whole(reverse)}});
        cases.push_back({name, {{{1}}}, {whole(0), whole(exclusive), whole(reverse)}});
      }
    }
  }
  for (const int64_t reverse : {0, 1}) {
    cases.push_back({"linear_recurrence/1", {{{2, 4, 3}}, {{2, 4, 3}}}, {whole(1), whole(reverse)}});
  }
}

void add_orders(std::vector<Case>& cases) {
  for (const int64_t backwards : {0, 1}) {
    cases.push_back({"sort/1", {{{3, 5}}}, {whole(-1), whole(backwards)}});
    cases.push_back({"sort/1", {{{2, 4, 3}}}, {whole(1), whole(backwards)}});
    cases.push_back({"argsort/1", {{{3, 5}}}, {whole(0), whole(backwards)}});
    cases.push_back({"top_k/1", {{{3, 5}}}, {whole(2), whole(1), whole(backwards)}});
    cases.push_back({"top_k/1", {{{4, 3}}}, {whole(4), whole(0), whole(backwards)}});
  }
  cases.push_back({"first_sorted/1", {{{2, 5}}}, {whole(1), whole(3), whole(0)}});
}

void add_indexing(std::vector<Case>& cases) {
  cases.push_back({"gather/1", {{{4, 3}}, indices({5}, 4)}});
  cases.push_back({"gather/1", {{{4, 2, 3}}, indices({2, 3}, 4)}});
  cases.push_back({"gather/1", {{{4}}, indices({}, 4)}});
  cases.push_back({"scatter_add/1", {indices({5}, 4), {{5, 3}}}, {whole(4)}});
  cases.push_back({"scatter_add/1", {indices({2, 3}, 2), {{2, 3, 2}}}, {whole(3)}});
  cases.push_back({"take/1", {{{4, 3}}, indices({4}, 3)}});
  cases.push_back({"take/1", {{{2, 3, 5}}, indices({2, 3}, 5)}});
  cases.push_back({"put/1", {{{4}}, indices({4}, 3)}, {whole(3)}});
  cases.push_back({"put/1", {{{2, 3}}, indices({2, 3}, 5)}, {whole(5)}});
  cases.push_back({"gather_along/1", {{{4, 3}}, indices({2, 3}, 4)}, {whole(0)}});
  cases.push_back({"gather_along/1", {{{2, 4, 3}}, indices({1, 4, 5}, 3)}, {whole(-1)}});
  cases.push_back({"gather_along/1", {{{2, 4, 3}}, indices({2, 6, 2}, 4)}, {whole(1)}});
  cases.push_back({"scatter_add_along/1", {{{4, 3}}, indices({5, 2}, 4), {{5, 2}}}, {whole(0)}});
  cases.push_back({"scatter_add_along/1", {{{2, 4, 3}}, indices({1, 4, 5}, 3), {{2, 5, 5}}}, {whole(2)}});
  cases.push_back({"scatter_add_along/1", {{{3}}, indices({7}, 3), {{7}}}, {whole(0)}});
}

}  // namespace

std::vector<Case> tensor_cases() {
  std::vector<Case> cases;
  add_movement(cases);
  add_constants(cases);
  add_reductions(cases);
  add_cumulative(cases);
  add_orders(cases);
  add_indexing(cases);
  return cases;
}

}  // namespace atelier::gradient_test
