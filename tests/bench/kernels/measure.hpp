// How a kernel is measured: all its phases and pieces, one after the other, on one core.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernel.hpp"
#include "tensor/storage.hpp"

namespace atelier::bench {

using MakeKernel = std::function<std::unique_ptr<kernels::Kernel>()>;

// What a kernel works on, in elements of 32 bits, and what it does: floating-point operations, or 0 where it is moving
// the data that counts. Inputs are numbers in (0, 1).
struct Work {
  std::vector<int64_t> inputs;
  std::vector<int64_t> outputs;
  double flops = 0;
};

// Reports GFLOP/s where `work` has operations, and GB/s of inputs and outputs, each counted once.
void measure(const std::string& name, MakeKernel make, Work work);

// Each file's benchmarks; called once, by main.
void register_convolutions();
void register_images();
void register_matrices();
void register_recurrent();

}  // namespace atelier::bench
