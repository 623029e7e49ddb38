#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using record::Attributes;

void add_products(std::vector<Case>& cases) {
  cases.push_back({"gemm/1", {{{3, 5}}, {{5, 2}}}});
  cases.push_back({"gemm/1", {{{5, 3}}, {{5, 2}}}, {whole(1), whole(0)}});
  cases.push_back({"gemm/1", {{{3, 5}}, {{2, 5}}}, {whole(0), whole(1)}});
  cases.push_back({"gemm/1", {{{5, 3}}, {{2, 5}}}, {whole(1), whole(1)}});
  cases.push_back({"gemm/1", {{{2, 3, 5}}, {{2, 5, 1}}}});
  cases.push_back({"gemm/1", {{{1, 5, 3}}, {{3, 2, 5}}}, {whole(1), whole(1)}});
  cases.push_back({"gemm/1", {{{3, 2, 4}}, {{1, 4, 2}}}});
  cases.push_back({"matmul/1", {{{3, 5}}, {{5, 2}}}});
  cases.push_back({"matmul/1", {{{1, 1}}, {{1, 1}}}});
  cases.push_back({"matmul/1", {{{2, 3, 5}}, {{5, 2}}}});
  cases.push_back({"matmul/1", {{{3, 2}}, {{2, 2, 3}}}});
  cases.push_back({"matmul/1", {{{2, 1, 3, 2}}, {{3, 2, 2}}}});
  cases.push_back({"linear/1", {{{3, 4}}, {{2, 4}}}});
  cases.push_back({"linear/1", {{{3, 4}}, {{2, 4}}, {{2}}}});
  cases.push_back({"linear/1", {{{2, 3, 4}}, {{1, 4}}, {{1}}}});
  cases.push_back({"linear/1", {{{4}}, {{3, 4}}, {{3}}}});
}

// Stride, padding, dilation and groups, then what the operation adds.
Attributes settings(std::vector<int64_t> stride, std::vector<int64_t> padding, std::vector<int64_t> dilation,
                    int64_t groups) {
  return {list(std::move(stride)), list(std::move(padding)), list(std::move(dilation)), whole(groups)};
}

void add_convolutions(std::vector<Case>& cases) {
  const Attributes uneven =
      settings({2, 1}, {1, 0, 2, 1}, {1, 2}, 1);  // (2, 3, 5, 4) with (2, 3, 2, 2) -> (2, 2, 3, 5)
  const Attributes grouped =
      settings({1, 1}, {1, 1, 1, 1}, {1, 1}, 2);  // (1, 4, 3, 3) with (6, 2, 3, 3) -> (1, 6, 3, 3)
  cases.push_back({"conv2d/1", {{{2, 3, 5, 4}}, {{2, 3, 2, 2}}}, uneven});
  cases.push_back({"conv2d/1", {{{1, 4, 3, 3}}, {{6, 2, 3, 3}}}, grouped});
  cases.push_back({"conv2d/1", {{{1, 1, 1, 1}}, {{1, 1, 1, 1}}}});
  cases.push_back({"conv2d/1", {{{2, 3, 5, 4}}, {{2, 3, 2, 2}}, {{2}}}, uneven});
  cases.push_back({"conv2d/1", {{{7, 1, 5, 3}}, {{2, 1, 2, 3}}, {{2}}}, settings({3, 1}, {0, 0, 0, 0}, {1, 1}, 1)});
  cases.push_back({"conv2d/1", {{{1, 3, 4, 3}}, {{5, 3, 4, 3}}}});
  const Attributes doubling{list({2, 2}), list({1, 1, 1, 1}), list({1, 0}), list({1, 1}), whole(1)};
  const Attributes transposed_groups{list({1, 2}), list({0, 1, 0, 0}), list({0, 1}), list({2, 1}), whole(2)};
  cases.push_back({"conv2d/2", {{{2, 3, 5, 4}}, {{2, 3, 2, 2}}}, uneven});
  cases.push_back({"conv_transpose2d/1", {{{2, 3, 2, 3}}, {{3, 2, 3, 3}}, {{2}}}, doubling});
  cases.push_back({"conv_transpose2d/2", {{{2, 3, 2, 3}}, {{3, 2, 3, 3}}, {{2}}}, doubling});
  cases.push_back({"conv_transpose2d/1", {{{1, 4, 2, 2}}, {{4, 1, 2, 3}}, {{2}}}, transposed_groups});
  cases.push_back({"conv_transpose2d/1", {{{1, 2, 1, 1}}, {{2, 3, 2, 2}}}});
  cases.push_back({"channels_last/1", {{{2, 3, 2, 4}}}});
  cases.push_back({"channels_first/1", {{{2, 3, 4, 2}}}});
}

void add_rest(std::vector<Case>& cases) {
  for (const auto* name : {"softmax/1", "log_softmax/1"}) {
    cases.push_back({name, {{{3, 5}}}});
    cases.push_back({name, {{{2, 4, 3}}}, {whole(1)}});
    cases.push_back({name, {{{1}}}, {whole(0)}});
  }
  cases.push_back({"cross_entropy/1", {{{4, 3}}, indices({4}, 3)}});
  cases.push_back({"cross_entropy/1", {{{1, 1}}, indices({1}, 1)}});
  cases.push_back({"dropout/1", {{{4, 5}}}, {Attribute::of(0.3)}});
  cases.push_back({"dropout/1", {{{}}}, {Attribute::of(0.0)}});
  cases.push_back({"bernoulli/1", {{{4, 3}, 0.1, 0.9}}});
  cases.push_back({"categorical/1", {{{4, 3}}}});
}

}  // namespace

std::vector<Case> layer_cases() {
  std::vector<Case> cases;
  add_products(cases);
  add_convolutions(cases);
  add_rest(cases);
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases = elementwise_cases();
  for (const auto& more : {tensor_cases(), layer_cases(), recurrent_cases(), image_cases(), linear_algebra_cases(),
                           rearranging_cases(), axes_cases(), product_cases(), sampling_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

const std::vector<std::pair<std::string, std::string>>& exempt() {
  static const std::vector<std::pair<std::string, std::string>> list{
      {"scalar/1", "has no inputs"},
      {"random_uniform/1", "has no inputs"},
      {"random_normal/1", "has no inputs"},
      {"random_integers/1", "has no inputs"},
      {"random_permutation/1", "has no inputs"},
      {"one_hot/1", "has no real input"},
      {"cast/1", "has no real input"},
      {"detach/1", "stops the gradient, as another test checks"},
      {"pixel_places/1", "has no inputs"},
      {"scalar_integer/1", "has no inputs"},
      {"arange/1", "has no inputs"},
      {"floor_divide/1", "is of integers alone"},
      {"remainder/1", "is of integers alone"},
      {"to_bfloat16/1", "rounds; what products of rounded inputs give back is held against float32's in unit tests"},
      {"rounded_to_bfloat16/1", "the same"},
      {"shard_copies/1", "is of shards, which one case has not; a unit test compares its gradients' bits"},
      {"rank_sum/1", "is of several processes, as a unit test has them"},
      {"rank_concatenate/1", "the same"},
      {"same/1", "is what slice/1 and update_slice/1 of all become, as a unit test checks"},
      {"trigamma/1", "has no gradient; it is digamma/1's"},
      {"normalize/1", "has its mean and rate from its other input; part of batch_norm/1 and the like"},
      {"normalize_rows/1", "has its mean and rate from its other input; part of layer_norm/1"},
      {"rnn_tanh_sequence/1", "has its weight twice, as rnn_tanh/1 gives it"},
      {"lstm_sequence/1", "has its weight twice, as lstm/1 gives it"},
      {"gru_sequence/1", "has its weight twice, as gru/1 gives it"},
      {"lstm_gradient/1", "has no gradient; it is lstm/1's"},
      {"gru_gradient/1", "has no gradient; it is gru/1's"},
      {"convolution_weights/1", "packs what its readers are given beside it; part of conv2d/1"},
      {"convolution_forward/1", "is part of conv2d/1"},
      {"convolution_data_gradient/1", "is part of conv_transpose2d/1"},
      {"convolution_weight_gradient/1", "is part of the gradient of conv2d/1"},
      {"causal_mask/1", "has no inputs"},
  };
  return list;
}

}  // namespace atelier::gradient_test
