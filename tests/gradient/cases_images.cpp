#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using record::Attributes;

// Kernel, stride and padding.
Attributes windows(std::vector<int64_t> kernel, std::vector<int64_t> stride, std::vector<int64_t> padding) {
  return {list(std::move(kernel)), list(std::move(stride)), list(std::move(padding))};
}

Attributes with(Attributes attributes, const Attributes& more) {
  attributes.insert(attributes.end(), more.begin(), more.end());
  return attributes;
}

void add_pooling(std::vector<Case>& cases) {
  const Attributes halves = windows({2, 2}, {}, {0, 0, 0, 0});
  const Attributes overlapping = windows({3, 2}, {2, 1}, {1, 0, 1, 1});  // (5, 4) -> (2, 5)
  const Attributes apart = windows({1, 2}, {2, 3}, {0, 0, 0, 1});        // (5, 4) -> (3, 2)
  const Attributes wide = windows({3, 3}, {1, 1}, {1, 1, 1, 1});
  for (const auto* name : {"max_pool2d/1", "avg_pool2d/1"}) {
    cases.push_back({name, {{{2, 3, 4, 6}}}, halves});
    cases.push_back({name, {{{1, 1, 5, 5}}}, halves});
    cases.push_back({name, {{{7, 3, 5, 4}}}, overlapping});
    cases.push_back({name, {{{1, 1, 5, 4}}}, apart});
    cases.push_back({name, {{{1, 17, 2, 2}}}, wide});
    cases.push_back({name, {{{1, 1, 1, 1}}}, wide});
  }
  cases.push_back({"avg_pool2d/1", {{{2, 3, 5, 4}}}, with(overlapping, {whole(0)})});
  cases.push_back({"max_pool2d_forward/1", {{{2, 5, 4, 3}}}, overlapping});
  cases.push_back({"max_pool2d_scatter/1", {{{2, 5, 4, 3}}, {{2, 2, 5, 3}}}, overlapping});
  cases.push_back({"max_pool2d_scatter/1", {{{1, 4, 4, 2}}, {{1, 2, 2, 2}}}, halves});
  cases.push_back({"max_pool2d_gather/1", {{{2, 5, 4, 3}}, {{2, 5, 4, 3}}}, overlapping});
  cases.push_back({"sum_pool2d/1", {{{2, 5, 4, 3}}}, overlapping});
  cases.push_back({"sum_pool2d/1", {{{2, 5, 4, 1}}}, with(apart, {whole(2)})});
  cases.push_back({"sum_pool2d_spread/1", {{{2, 2, 5, 3}}}, with(overlapping, {whole(1), list({5, 4})})});
  cases.push_back({"sum_pool2d_spread/1", {{{1, 3, 2, 2}}}, with(apart, {whole(2), list({5, 4})})});
  cases.push_back({"global_avg_pool2d/1", {{{7, 3, 3, 5}}}});
  cases.push_back({"global_avg_pool2d/1", {{{1, 1, 1, 1}}}});
}

void add_upsampling(std::vector<Case>& cases) {
  cases.push_back({"upsample_nearest2d/1", {{{2, 3, 3, 2}}}, {list({2, 3})}});
  cases.push_back({"upsample_nearest2d/1", {{{7, 1, 1, 2}}}, {list({2, 2})}});
  cases.push_back({"upsample_bilinear2d/1", {{{2, 3, 3, 5}}}, {list({6, 10})}});
  cases.push_back({"upsample_bilinear2d/1", {{{7, 1, 3, 2}}}, {list({5, 3})}});
  cases.push_back({"upsample_bilinear2d/1", {{{1, 2, 5, 1}}}, {list({3, 4})}});
  cases.push_back({"resize_bilinear/1", {{{2, 3, 2, 3}}}, {list({4, 3})}});
  cases.push_back({"resize_bilinear_transpose/1", {{{2, 4, 3, 3}}}, {list({3, 2})}});
}

void add_normalization(std::vector<Case>& cases) {
  cases.push_back({"shard_sum/1", {{{2, 3}}}});
  const Input scale{{3}, 0.5, 2};
  cases.push_back({"batch_norm/1", {{{5, 3}}, scale, {{3}}}});
  cases.push_back({"batch_norm/1", {{{2, 3, 2, 3}}, scale, {{3}}}, {Attribute::of(0.1)}});
  cases.push_back({"batch_norm/1", {{{7, 1, 3, 3}}, {{1}, 0.5, 2}, {{1}}}});
  cases.push_back({"batch_norm/1", {{{1, 3, 5, 1}}, scale, {{3}}}});
  cases.push_back({"batch_norm_inference/1", {{{2, 3, 2, 3}}, scale, {{3}}, {{3}}, {{3}, 0.5, 2}}});
  cases.push_back({"batch_norm_inference/1", {{{5, 3}}, scale, {{3}}, {{3}}, {{3}, 0.5, 2}}});
  cases.push_back({"instance_norm/1", {{{2, 3, 3, 5}}, scale, {{3}}}});
  cases.push_back({"instance_norm/1", {{{1, 1, 5, 1}}, {{1}, 0.5, 2}, {{1}}}});
  cases.push_back({"group_norm/1", {{{2, 6, 3, 1}}, {{6}, 0.5, 2}, {{6}}}, {whole(2)}});
  cases.push_back({"group_norm/1", {{{7, 3, 2, 2}}, scale, {{3}}}, {whole(1)}});
  cases.push_back({"group_norm/1", {{{2, 3, 2, 2}}, scale, {{3}}}, {whole(3), Attribute::of(0.1)}});
  cases.push_back({"layer_norm/1", {{{4, 5}}, {{5}, 0.5, 2}, {{5}}}});
  cases.push_back({"layer_norm/1", {{{2, 3, 4}}, {{3, 4}, 0.5, 2}, {{3, 4}}}});
  cases.push_back({"layer_norm/1", {{{2, 3, 3, 2}}, {{3, 3, 2}, 0.5, 2}, {{3, 3, 2}}}});
  cases.push_back({"layer_norm/1", {{{7}}, {{7}, 0.5, 2}, {{7}}}, {Attribute::of(0.1)}});
  cases.push_back({"moments/1", {{{2, 5, 3}}}, {whole(1), whole(1)}});
  cases.push_back({"moments/1", {{{3, 4, 2}}}, {whole(1), whole(2)}});
  cases.push_back({"centered_sums/1", {{{2, 5, 3}}, {{2, 5, 3}}, {{2, 3}}}, {whole(1), whole(1)}});
  cases.push_back({"centered_sums/1", {{{4, 3}}, {{4, 3}}, {{4}}}, {whole(1), whole(1)}});
  cases.push_back({"combine_centered/1", {{{4, 3}}, {{4, 3}}, {{3}}, {{4, 1}}, {{3}}, {{}}}});
}

void add_warp(std::vector<Case>& cases) {
  const Input inside{{2, 3, 2, 2}, 0.1, 2.7};
  const Input across{{1, 4, 3, 2}, -1.7, 5.2};
  cases.push_back({"sample_bilinear/1", {{{2, 4, 4, 3}}, inside}});
  cases.push_back({"sample_bilinear/1", {{{1, 3, 5, 1}}, across}, {list({0, 1})}});
  cases.push_back({"sample_bilinear_transpose/1", {{{2, 3, 2, 3}}, inside}, {list({0, 0}), list({4, 4})}});
  cases.push_back({"sample_bilinear_transpose/1", {{{1, 4, 3, 1}}, across}, {list({1, 0}), list({3, 5})}});
  cases.push_back({"warp/1", {{{2, 3, 4, 5}}, {{2, 2, 3}, -0.8, 0.8}}});
  cases.push_back({"warp/1", {{{7, 1, 3, 3}}, {{7, 2, 3}, -1, 1}}, {list({2, 4})}});
}

}  // namespace

std::vector<Case> image_cases() {
  std::vector<Case> cases;
  add_pooling(cases);
  add_upsampling(cases);
  add_normalization(cases);
  add_warp(cases);
  return cases;
}

}  // namespace atelier::gradient_test
