// Products of matrices, C = op(A) op(B), row-major and contiguous.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// op(A) is (m, k): A is stored as (m, k), or as (k, m) with transpose_a. op(B) is (k, n): stored as (k, n), or as (n,
// k) with transpose_b. C is (m, n). Matrix i of a batch starts at i times its stride, in elements; 0 repeats one matrix
// for the whole batch, which C may not do.
struct GemmSpec {
  bool transpose_a = false;
  bool transpose_b = false;
  int64_t batch = 1;
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  int64_t batch_stride_a = 0;
  int64_t batch_stride_b = 0;
  int64_t batch_stride_c = 0;
};

// Inputs A and B, output C, of that dtype; of bf16 both inputs are, and C is f32. The result is cut, never the sum over
// k: bits are a function of the spec and the data.
std::unique_ptr<Kernel> make_gemm(const GemmSpec& spec, tensor::DType dtype);

// The twin: three loops, for tests.
std::unique_ptr<Kernel> make_gemm_naive(const GemmSpec& spec, tensor::DType dtype);

}  // namespace atelier::kernels
