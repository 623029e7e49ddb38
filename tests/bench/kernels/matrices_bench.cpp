// The products of dense layers, y = x Wᵀ, with their gradients dx = dy W and dW = dyᵀ x.
#include <fmt/core.h>

#include "kernels/gemm.hpp"
#include "measure.hpp"

namespace atelier::bench {
namespace {

void product(const std::string& name, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k) {
  kernels::GemmSpec spec;
  spec.transpose_a = transpose_a;
  spec.transpose_b = transpose_b;
  spec.m = m;
  spec.n = n;
  spec.k = k;
  measure(name, [=] { return kernels::make_gemm(spec, tensor::DType::f32); },
          {{m * k, k * n}, {m * n}, 2.0 * static_cast<double>(m * n * k)});
}

struct Dense {
  const char* name;
  int64_t batch, inputs, outputs;
};

constexpr Dense layers[] = {
    {"gan 512-784", 64, 512, 784}, {"gan 784-512", 64, 784, 512},           {"gan 512-256", 64, 512, 256},
    {"gan 128-1", 64, 128, 1},     {"vae 784-400", 128, 784, 400},          {"vae 400-40", 128, 400, 40},
    {"cnn 3136-64", 64, 3136, 64}, {"next-frame 512-1024", 320, 512, 1024}, {"dcgan-28 100-12544", 64, 100, 12544},
};

}  // namespace

void register_matrices() {
  product("product/1024x1024x1024", false, false, 1024, 1024, 1024);
  for (const Dense& layer : layers) {
    const std::string name = fmt::format("dense/{}, batch {}", layer.name, layer.batch);
    product(name + "/forward", false, true, layer.batch, layer.outputs, layer.inputs);
    product(name + "/data gradient", false, false, layer.batch, layer.inputs, layer.outputs);
    product(name + "/weight gradient", true, false, layer.outputs, layer.inputs, layer.batch);
  }
}

}  // namespace atelier::bench
