// Pooling, the statistics of batch normalization, sums of gradients, and chains of functions of single elements.
#include <fmt/core.h>

#include "kernels/elementwise.hpp"
#include "kernels/normalization.hpp"
#include "kernels/pooling.hpp"
#include "kernels/reduce.hpp"
#include "measure.hpp"

namespace atelier::bench {
namespace {

constexpr auto f32 = tensor::DType::f32;

void pooling(int64_t batch, int64_t size, int64_t channels) {
  kernels::PoolingSpec spec;
  spec.batch = batch;
  spec.height = spec.width = size;
  spec.channels = channels;
  spec.kernel_height = spec.kernel_width = spec.stride_y = spec.stride_x = 2;
  const int64_t x = batch * size * size * channels;
  const std::string name = fmt::format("max_pool 2x2/({}, {}, {}, {})", batch, size, size, channels);
  measure(name + "/forward", [=] { return kernels::make_max_pool(spec, f32); }, {{x}, {x / 4}});
  measure(name + "/gradient", [=] { return kernels::make_max_pool_scatter(spec, f32); }, {{x, x / 4}, {x}});
}

void statistics(int64_t rows, int64_t channels) {
  const int64_t x = rows * channels;
  const std::string name = fmt::format("batch_norm/({}, {})", rows, channels);
  measure(name + "/moments", [=] { return kernels::make_moments(f32, 1, rows, channels); },
          {{x}, {channels, channels}});
  measure(name + "/gradient sums", [=] { return kernels::make_centered_sums(f32, 1, rows, channels); },
          {{x, x, channels}, {channels, channels}});
  measure(fmt::format("sum over rows/({}, {})", rows, channels),
          [=] { return kernels::make_reduce(kernels::Reduction::sum, f32, 1, rows, channels); }, {{x}, {channels}});
}

// A chain of functions of one input, each of the one before it.
void chain(const std::string& name, int64_t elements, const std::vector<const char*>& functions) {
  kernels::ElementwiseProgram program;
  program.shape = tensor::Shape{elements};
  program.inputs = {{{1}}};
  for (size_t i = 0; i < functions.size(); ++i) {
    program.instructions.push_back({&kernels::elementwise_function(functions[i]), {static_cast<int>(i)}, {}});
  }
  program.outputs = {static_cast<int>(functions.size()) - 1};
  measure(fmt::format("elementwise/{}, {}", name, elements), [=] { return kernels::make_elementwise(program); },
          {{elements}, {elements}});
}

}  // namespace

void register_images() {
  pooling(64, 28, 32);
  pooling(64, 14, 64);
  statistics(64 * 14 * 14, 128);
  statistics(64 * 32 * 32, 64);
  statistics(16 * 4 * 4, 512);
  for (const int64_t elements : {64 * 512, 64 * 14 * 14 * 128}) {
    chain("relu", elements, {"relu"});
    chain("tanh", elements, {"tanh"});
    chain("exp", elements, {"exp"});
    chain("softplus", elements, {"softplus"});
    chain("square, exp, tanh, relu", elements, {"square", "exp", "tanh", "relu"});
  }
}

}  // namespace atelier::bench
