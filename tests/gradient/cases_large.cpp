// Sizes at which kernels are cut into many pieces, none of which divides the problem evenly.
#include "cases.hpp"

namespace atelier::gradient_test {
namespace {

using record::Attributes;

// With the gradients that the engine gives for it, but not theirs.
Case once(std::string operation, std::vector<Input> inputs, Attributes attributes = {}) {
  return {std::move(operation), std::move(inputs), std::move(attributes), false};
}

// Stride and padding, the same in both directions.
Attributes convolution(int64_t stride, int64_t padding, int64_t groups = 1) {
  return {list({stride, stride}), list({padding, padding, padding, padding}), list({1, 1}), whole(groups)};
}

Attributes transposed(int64_t stride, int64_t padding, int64_t output_padding) {
  return {list({stride, stride}), list({padding, padding, padding, padding}), list({output_padding, output_padding}),
          list({1, 1}), whole(1)};
}

Attributes windows(int64_t kernel, int64_t stride, int64_t padding) {
  return {list({kernel, kernel}), list({stride, stride}), list({padding, padding, padding, padding})};
}

void add_elementwise(std::vector<Case>& cases) {
  cases.push_back({"mul/1", {{{67, 1, 701}}, {{5, 1}}}});
  cases.push_back({"tanh/1", {{{100003}}}});
  cases.push_back({"gelu/1", {{{37, 911}}}});
  cases.push_back({"pow/1", {{{37, 911}, 0.5, 2}, {{911}}}});
  cases.push_back({"lgamma/1", {{{37, 911}, 0.3, 9}}});
  cases.push_back({"select/1", {{{307, 211}, 0.5, 1}, {{211}}, {{307, 1}}}});
}

void add_large_movement(std::vector<Case>& cases) {
  cases.push_back(once("permute/1", {{{17, 31, 19, 11}}}, {list({0, 2, 3, 1})}));
  cases.push_back(once("permute/1", {{{311, 257}}}, {list({1, 0})}));
  cases.push_back(once("concatenate/1", {{{67, 31, 17}}, {{67, 1, 17}}, {{67, 64, 17}}}, {whole(1)}));
  cases.push_back(once("pad/1", {{{19, 3, 33, 31}}}, {list({0, 0, 1, 2}), list({0, 0, 2, 1})}));
  cases.push_back(once("flip/1", {{{307, 5, 211}}}, {list({0, 2})}));
  cases.push_back(once("tile/1", {{{31, 1, 17}}}, {list({3, 301, 1})}));
  cases.push_back(once("strided_slice/1", {{{100003}}}, {whole(0), whole(-1), whole(-(int64_t{1} << 40U)), whole(-2)}));
  cases.push_back(once("pad_reflect/1", {{{19, 3, 33, 31}}}, {list({0, 0, 7, 5}), list({0, 0, 3, 30})}));
  cases.push_back(once("gather/1", {{{53, 301}}, indices({1009}, 53)}));
  cases.push_back(once("take/1", {{{4099, 37}}, indices({4099}, 37)}));
  cases.push_back(once("gather_along/1", {{{53, 301}}, indices({307, 299}, 53)}, {whole(0)}));
  cases.push_back(once("scatter_add_along/1", {{{53, 301}}, indices({607, 299}, 53), {{607, 299}}}, {whole(0)}));
  cases.push_back(once("scatter_add_along/1", {{{1009, 29}}, indices({1009, 67}, 29), {{1009, 67}}}, {whole(1)}));
}

void add_large_reductions(std::vector<Case>& cases) {
  for (const auto* name : {"sum/1", "mean/1", "max/1"}) {
    for (const std::vector<int64_t>& axes :
         {std::vector<int64_t>{}, {0}, {1}, {2}, {3}, {0, 2, 3}, {0, 1}, {1, 2, 3}}) {
      cases.push_back(once(name, {{{19, 23, 17, 15}}}, {list(axes), whole(0)}));
    }
    cases.push_back(once(name, {{{200003}}}, {list({}), whole(0)}));
    cases.push_back(once(name, {{{3, 50021}}}, {list({1}), whole(0)}));
    cases.push_back(once(name, {{{50021, 3}}}, {list({0}), whole(0)}));
  }
  cases.push_back(once("argmax/1", {{{4099, 37}}}, {whole(1)}));
  for (const auto* name : {"cumulative_sum/1", "cumulative_product/1"}) {
    cases.push_back(once(name, {{{307, 211}, 0.9, 1.1}}, {whole(0)}));
    cases.push_back(once(name, {{{307, 211}, 0.9, 1.1}}, {whole(1)}));
  }
  cases.push_back(once("product/1", {{{3, 50021}, 0.9998, 1.0002}}, {list({1})}));
  cases.push_back(once("product/1", {{{50021, 3}, 0.9998, 1.0002}}, {list({0})}));
  cases.push_back(once("logsumexp/1", {{{4099, 37}}}, {list({1})}));
  cases.push_back(once("sort/1", {{{31, 67, 53}}}, {whole(1)}));
  cases.push_back(once("top_k/1", {{{4099, 37}}}, {whole(5)}));
}

void add_large_products(std::vector<Case>& cases) {
  cases.push_back({"gemm/1", {{{300, 200}}, {{200, 150}}}});
  for (const int64_t a : {0, 1}) {
    for (const int64_t b : {0, 1}) {
      cases.push_back(once("gemm/1",
                           {{a == 0 ? tensor::Shape{131, 517} : tensor::Shape{517, 131}},
                            {b == 0 ? tensor::Shape{517, 389} : tensor::Shape{389, 517}}},
                           {whole(a), whole(b)}));
    }
  }
  cases.push_back(once("gemm/1", {{{13, 70, 90}}, {{13, 90, 50}}}));
  cases.push_back(once("gemm/1", {{{1, 3001}}, {{3001, 777}}}));
  cases.push_back(once("gemm/1", {{{777, 3001}}, {{3001, 1}}}));
  cases.push_back(once("attention/1", {{{3, 2, 301, 24}}, {{3, 2, 517, 24}}, {{3, 2, 517, 40}}}));
  cases.push_back(
      {"attention/1", {{{2, 3, 70, 16}}, {{2, 3, 70, 16}}, {{2, 3, 70, 16}}, {{2, 1, 70, 70}}}, {whole(1)}});
  cases.push_back(once("linear/1", {{{129, 784}}, {{513, 784}}, {{513}}}));
}

void add_large_convolutions(std::vector<Case>& cases) {
  cases.push_back({"conv2d/1", {{{17, 16, 14, 13}}, {{32, 16, 3, 3}}, {{32}}}, convolution(1, 1)});
  cases.push_back(once("conv2d/1", {{{19, 64, 16, 16}}, {{96, 64, 4, 4}}}, convolution(2, 1)));
  cases.push_back(once("conv2d/1", {{{16, 128, 9, 7}}, {{64, 128, 3, 3}}}, convolution(2, 1)));
  cases.push_back(once("conv2d/1", {{{13, 3, 33, 31}}, {{48, 3, 5, 5}}}, convolution(2, 2)));
  cases.push_back(once("conv2d/1", {{{31, 1, 28, 28}}, {{16, 1, 5, 5}}}, convolution(1, 0)));
  cases.push_back(once("conv2d/1", {{{11, 24, 15, 13}}, {{40, 12, 3, 3}}}, convolution(1, 1, 2)));
  cases.push_back(once("conv2d/1", {{{23, 70, 14, 14}}, {{65, 70, 1, 1}}}, convolution(1, 0)));
  cases.push_back(once("conv2d/1", {{{67, 128, 4, 4}}, {{30, 128, 4, 4}}}, convolution(1, 0)));
  cases.push_back(once("conv2d/1", {{{35, 256, 4, 4}}, {{72, 256, 3, 3}}}, convolution(1, 1)));
  cases.push_back({"conv2d/2", {{{6, 64, 13, 15}}, {{64, 64, 3, 3}}, {{64}}}, convolution(1, 1)});
  cases.push_back(once("conv2d/2", {{{20, 64, 16, 16}}, {{128, 64, 4, 4}}}, convolution(2, 1)));
  cases.push_back(once("conv_transpose2d/2", {{{20, 128, 8, 8}}, {{128, 64, 4, 4}}, {{64}}}, transposed(2, 1, 0)));
  cases.push_back(once("conv_transpose2d/1", {{{17, 64, 7, 7}}, {{64, 32, 4, 4}}, {{32}}}, transposed(2, 1, 0)));
  cases.push_back(once("conv_transpose2d/1", {{{19, 48, 14, 14}}, {{48, 3, 4, 4}}}, transposed(2, 1, 0)));
  cases.push_back(once("conv_transpose2d/1", {{{21, 33, 5, 7}}, {{33, 17, 5, 5}}}, transposed(2, 2, 1)));
  cases.push_back(once("conv2d/1", {{{13, 24, 17, 11}}, {{40, 24, 5, 2}}},
                       {list({1, 2}), list({2, 1, 0, 1}), list({2, 1}), whole(1)}));
  cases.push_back(once("conv1d/1", {{{17, 32, 301}}, {{48, 32, 5}}, {{48}}}, {list({2}), list({2, 2})}));
  cases.push_back(once("conv_transpose1d/1", {{{17, 48, 151}}, {{48, 16, 4}}, {{16}}}, {list({2}), list({1, 1})}));
  cases.push_back(once("conv3d/1", {{{7, 12, 9, 14, 13}}, {{32, 12, 3, 3, 3}}, {{32}}},
                       {list({1, 2, 1}), list({1, 1, 1, 1, 1, 1})}));
  cases.push_back(once("conv_transpose3d/1", {{{7, 32, 5, 7, 7}}, {{32, 8, 4, 4, 4}}, {{8}}},
                       {list({2, 2, 2}), list({1, 1, 1, 1, 1, 1})}));
  cases.push_back(once("conv_transpose2d/1", {{{37, 100, 1, 1}}, {{100, 64, 4, 4}}}, transposed(1, 0, 0)));
}

void add_images(std::vector<Case>& cases) {
  for (const auto* name : {"max_pool2d/1", "avg_pool2d/1"}) {
    cases.push_back(once(name, {{{19, 33, 28, 27}}}, windows(2, 2, 0)));
    cases.push_back(once(name, {{{11, 7, 29, 31}}}, windows(3, 2, 1)));
  }
  cases.push_back(
      once("max_pool3d/1", {{{7, 5, 9, 14, 13}}}, {list({3, 2, 2}), list({2, 2, 2}), list({1, 1, 0, 0, 0, 1})}));
  cases.push_back(once("unfold/1", {{{7, 5, 29, 31}}}, {list({3, 3}), list({2, 1}), list({1, 1, 1, 1})}));
  cases.push_back(once("global_avg_pool2d/1", {{{29, 65, 14, 13}}}));
  cases.push_back(once("upsample_nearest2d/1", {{{17, 33, 13, 15}}}, {list({2, 3})}));
  cases.push_back(once("upsample_bilinear2d/1", {{{17, 33, 13, 15}}}, {list({29, 31})}));
  cases.push_back(once("grid_sample/1", {{{19, 5, 23, 29}}, {{19, 31, 17, 2}, -1.2, 1.2}}, {whole(0), whole(1)}));
  cases.push_back(once("grid_sample/1", {{{19, 5, 23, 29}}, {{19, 31, 17, 2}, -1.2, 1.2}}, {whole(1)}));
  cases.push_back(once("upsample_bicubic2d/1", {{{19, 5, 23, 29}}}, {list({41, 37})}));
  cases.push_back(once("warp/1", {{{23, 3, 31, 29}}, {{23, 2, 3}, -0.8, 0.8}}));
}

void add_normalizations(std::vector<Case>& cases) {
  const Input scale{{66}, 0.5, 2};
  cases.push_back({"batch_norm/1", {{{19, 66, 14, 13}}, scale, {{66}}}});
  cases.push_back({"batch_norm/1", {{{1031, 66}}, scale, {{66}}}});
  cases.push_back(once("batch_norm_inference/1", {{{19, 66, 14, 13}}, scale, {{66}}, {{66}}, scale}));
  cases.push_back(once("instance_norm/1", {{{19, 66, 14, 13}}, scale, {{66}}}));
  cases.push_back(once("group_norm/1", {{{19, 66, 14, 13}}, scale, {{66}}}, {whole(6)}));
  cases.push_back(once("layer_norm/1", {{{1031, 66}}, scale, {{66}}}));
  for (const auto* name : {"softmax/1", "log_softmax/1"}) {
    cases.push_back({name, {{{1031, 77}}}});
    cases.push_back({name, {{{17, 31, 211}}}, {whole(1)}});
  }
  cases.push_back(once("cross_entropy/1", {{{4099, 17}}, indices({4099}, 17)}));
}

// 7 steps of 29 features, 67 sequences, 73 units.
void add_recurrent(std::vector<Case>& cases) {
  const auto add = [&](const char* name, int64_t gates, size_t biases, size_t states) {
    std::vector<Input> inputs{{{67, 7, 29}}, {{gates * 73, 29}, -0.3, 0.3}, {{gates * 73, 73}, -0.2, 0.2}};
    inputs.insert(inputs.end(), biases, {{gates * 73}, -0.5, 0.5});
    inputs.insert(inputs.end(), states, {{67, 73}, -1, 1});
    cases.push_back(once(name, inputs));
  };
  add("rnn_tanh/1", 1, 1, 1);
  add("lstm/1", 4, 1, 2);
  add("gru/1", 3, 2, 1);
}

void add_draws(std::vector<Case>& cases) {
  for (const auto* name : {"random_uniform/1", "random_normal/1"}) {
    cases.push_back(once(name, {}, {list({67, 31, 29})}));
  }
  cases.push_back(once("random_integers/1", {}, {list({67, 31, 29}), whole(-5), whole(1000)}));
  cases.push_back(once("random_permutation/1", {}, {list({67, 31}), whole(29)}));
  cases.push_back(once("dropout/1", {{{67, 1009}}}, {Attribute::of(0.3)}));
  cases.push_back(once("bernoulli/1", {{{67, 1009}, 0.1, 0.9}}));
  cases.push_back(once("categorical/1", {{{4099, 17}}}));
}

}  // namespace

std::vector<Case> large_cases() {
  std::vector<Case> cases;
  add_elementwise(cases);
  add_large_movement(cases);
  add_large_reductions(cases);
  add_large_products(cases);
  add_large_convolutions(cases);
  add_images(cases);
  add_normalizations(cases);
  add_recurrent(cases);
  add_draws(cases);
  add_large_linear_algebra(cases);
  return cases;
}

std::vector<RowCase> row_cases() {
  std::vector<RowCase> cases;
  const auto add = [&](Case checked, std::vector<size_t> batched = {0}) {
    cases.push_back({std::move(checked), std::move(batched)});
  };
  add(once("tanh/1", {{{67, 19}}}));
  add(once("div/1", {{{67, 19}}, {{19}, 0.5, 2}}));
  add(once("softmax/1", {{{67, 19}}}));
  add(once("log_softmax/1", {{{67, 19, 7}}}, {whole(1)}));
  add(once("sum/1", {{{67, 301}}}, {list({1}), whole(0)}));
  add(once("max/1", {{{67, 13, 31}}}, {list({1}), whole(0)}));
  add(once("permute/1", {{{67, 13, 31}}}, {list({0, 2, 1})}));
  for (const int64_t rows : {17, 65, 66, 129, 200}) {  // the last piece of a product is narrow, or one line
    add(once("linear/1", {{{rows, 784}}, {{513, 784}}, {{513}}}));
    add(once("linear/1", {{{rows, 513}}, {{100, 513}}}));
    add(once("linear/1", {{{rows, 100}}, {{1, 100}}, {{1}}}));
    add(once("linear/1", {{{rows, 5}}, {{1, 5}}, {{1}}}));
    add(once("linear/1", {{{rows, 1}}, {{7, 1}}}));
  }
  add(once("linear/1", {{{1041, 784}}, {{512, 784}}}));  // many pieces
  add(once("gemm/1", {{{13, 70, 90}}, {{13, 90, 50}}}), {0, 1});
  add(once("attention/1", {{{7, 2, 35, 24}}, {{7, 2, 50, 24}}, {{7, 2, 50, 40}}}), {0, 1, 2});
  std::vector<Case> images;
  add_large_convolutions(images);
  images.push_back(once("conv2d/1", {{{67, 16, 3, 3}}, {{8, 16, 3, 3}}}, convolution(3, 0)));
  images.push_back(once("conv2d/1", {{{13, 64, 4, 4}}, {{48, 64, 3, 3}}}, convolution(2, 0)));  // 4, 4, 4 and 1 image
  images.push_back(once("conv2d/1", {{{65, 24, 5, 5}}, {{8, 24, 5, 5}}}, convolution(1, 1)));
  add_images(images);
  for (Case& checked : images) {
    checked.differentiable_twice = false;
    const bool warps = checked.operation == "warp/1" || checked.operation == "grid_sample/1";
    add(std::move(checked), warps ? std::vector<size_t>{0, 1} : std::vector<size_t>{0});
  }
  const Input scale{{66}, 0.5, 2};
  add(once("batch_norm_inference/1", {{{19, 66, 14, 13}}, scale, {{66}}, {{66}}, scale}));
  add(once("instance_norm/1", {{{19, 66, 14, 13}}, scale, {{66}}}));
  add(once("group_norm/1", {{{19, 66, 14, 13}}, scale, {{66}}}, {whole(6)}));
  add(once("layer_norm/1", {{{131, 66}}, scale, {{66}}}));
  std::vector<Case> sequences;
  add_recurrent(sequences);
  for (const Case& checked : sequences) {
    std::vector<size_t> batched{0};
    for (size_t i = 1; i < checked.inputs.size(); ++i) {
      if (checked.inputs[i].shape[0] == checked.inputs[0].shape[0]) {
        batched.push_back(i);
      }
    }
    add(checked, batched);
  }
  return cases;
}

}  // namespace atelier::gradient_test
