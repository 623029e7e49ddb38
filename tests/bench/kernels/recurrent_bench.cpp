// The steps of recurrent layers, without the products with all steps at once, which are dense layers.
#include <fmt/core.h>

#include "kernels/recurrent.hpp"
#include "measure.hpp"

namespace atelier::bench {
namespace {

void lstm(const char* name, int64_t batch, int64_t steps, int64_t units) {
  kernels::RecurrentSpec spec;
  spec.cell = kernels::Cell::lstm;
  spec.batch = batch;
  spec.steps = steps;
  spec.units = units;
  const int64_t gates = batch * steps * 4 * units;
  const int64_t states = batch * steps * units;
  const int64_t last = batch * units;
  const int64_t recurrent = 4 * units * units;
  const double flops = 2.0 * static_cast<double>(batch * steps * recurrent);
  measure(fmt::format("lstm/{}/forward", name), [=] { return kernels::make_recurrent(spec, tensor::DType::f32); },
          {{gates, recurrent, recurrent, 4 * units}, {gates, states, last, last, states}, flops});
  kernels::RecurrentArrivals arrivals;
  arrivals.y = true;
  measure(fmt::format("lstm/{}/gradient", name),
          [=] { return kernels::make_recurrent_gradient(spec, arrivals, tensor::DType::f32); },
          {{recurrent, gates, states, states, states}, {gates, states, last}, flops});
}

}  // namespace

void register_recurrent() {
  lstm("28 steps, 128 units, batch 64", 64, 28, 128);
  lstm("20 steps, 512 units, batch 16", 16, 20, 512);
}

}  // namespace atelier::bench
