#include <string_view>

#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using record::Attributes;
using tensor::Shape;

Attributes equation(std::string_view text) {
  return {Attribute::of(std::vector<int64_t>(text.begin(), text.end()))};
}

void add_einsum(std::vector<Case>& cases) {
  cases.push_back({"einsum/1", {{{2, 3}}, {{3, 4}}}, equation("ij,jk->ik")});
  cases.push_back({"einsum/1", {{{3, 2}}, {{4, 3}}}, equation("ji,kj")});
  cases.push_back({"einsum/1", {{{2, 2, 3}}, {{2, 3, 2}}}, equation("bij,bjk->kbi")});
  cases.push_back({"einsum/1", {{{3, 3, 2}}}, equation("iij->ji")});
  cases.push_back({"einsum/1", {{{2, 3}}, {{3}}, {{2, 1}}}, equation("ab,b,ab->")});
  cases.push_back({"einsum/1", {{{2, 1, 2, 3}}, {{2, 3, 2}}}, equation("...ij,...jk->...ik")});
  cases.push_back({"einsum/1", {{{2}}, {{3}}}, equation("i, j -> ji")});
  cases.push_back({"einsum/1", {{{2, 3, 2}}, {{2, 2}}, {{3, 4}}}, equation("ijk,kl,jm->lmi")});
}

void add_attention(std::vector<Case>& cases) {
  const Attributes causal{Attribute::of(int64_t{1})};
  const Attributes scaled{Attribute::of(int64_t{0}), Attribute::of(0.7)};
  cases.push_back({"attention/1", {{{2, 2, 3, 2}}, {{2, 2, 4, 2}}, {{2, 2, 4, 3}}}});
  cases.push_back({"attention/1", {{{1, 2, 4, 2}}, {{1, 2, 3, 2}}, {{1, 2, 3, 1}}}, causal});
  cases.push_back({"attention/1", {{{1, 1, 1, 1}}, {{1, 1, 1, 1}}, {{1, 1, 1, 1}}}, scaled});
  cases.push_back({"attention/1", {{{2, 1, 3, 2}}, {{2, 1, 3, 2}}, {{2, 1, 3, 2}}, {{1, 1, 3, 3}}}, causal});
  cases.push_back({"attention/1", {{{2, 2, 2, 2}}, {{2, 2, 3, 2}}, {{2, 2, 3, 2}}, {{2, 1, 1, 3}}}, scaled});
  const Shape three{1, 2, 3, 2};
  const Input y{three};
  for (const Attributes& attributes : {Attributes{}, causal}) {
    cases.push_back({"attention_forward/1", {{three}, {three}, {three}}, attributes});
    cases.push_back({"attention_gradient/1", {{three}, {three}, {three}, y, {{1, 2, 3}, 2, 4}, y}, attributes});
  }
  cases.push_back({"attention_forward/1", {{three}, {three}, {three}, {{1, 2, 1, 3}}}});
  cases.push_back({"attention_gradient/1", {{three}, {three}, {three}, y, {{1, 2, 3}, 2, 4}, y, {{1, 1, 3, 3}}}});
}

}  // namespace

std::vector<Case> product_cases() {
  std::vector<Case> cases;
  add_einsum(cases);
  add_attention(cases);
  return cases;
}

}  // namespace atelier::gradient_test
