// The tables of fast loops: each loop file is compiled once for each instruction set, in a namespace of that name, and
// kernels take the table of the active one when they are made.
//
// What keeps the bits equal: no contraction, lanes of a fixed number in reductions, and elementwise code that is the
// same IEEE operations in a vector as in a tail. The loop files use no inline function of the standard library, as the
// linker would keep one copy of it for all, perhaps the one compiled for a processor that is not there.
#pragma once

#include <cstdint>

#include "kernels/elementwise.hpp"
#include "kernels/isa.hpp"
#include "kernels/loops/images.hpp"
#include "kernels/loops/recurrent.hpp"
#include "kernels/loops/winograd.hpp"

namespace atelier::kernels {

struct ElementwiseTable {
  const ElementwiseFunction* functions;
  int count;
};

enum ReduceOperation { reduce_sum, reduce_max, reduce_min, reduce_product, reduce_operations };

template <typename T>
struct ReduceLoops {
  // The reduction of x[0..n), n >= 1, in lanes.
  T (*row[reduce_operations])(const T* x, int64_t n);
  // out[i] = the reduction of x[r * stride + i] over r in [0, rows), rows >= 1, in order, for i in [0, n).
  void (*columns[reduce_operations])(const T* x, int64_t rows, int64_t stride, T* out, int64_t n);
  // a[i] = a[i] combined with b[i].
  void (*combine[reduce_operations])(T* a, const T* b, int64_t n);
  // Whether none of x[0..n) is infinite or not a number.
  bool (*all_finite)(const T* x, int64_t n);
};

struct ReduceTable {
  ReduceLoops<float> f32;
  ReduceLoops<double> f64;
};

template <typename T>
struct MatrixLoops {
  // y[i] = sum over j < n of matrix[i * stride + j] * x[j], in lanes.
  void (*rows_times_vector)(const T* matrix, int64_t stride, const T* x, T* y, int64_t rows, int64_t n);
  // y[j] = sum over i < rows of x[i] * matrix[i * stride + j], in the order of i.
  void (*vector_times_rows)(const T* x, const T* matrix, int64_t stride, T* y, int64_t rows, int64_t n);
};

struct MatrixTable {
  MatrixLoops<float> f32;
  MatrixLoops<double> f64;
};

constexpr int64_t random_group = 64;  // numbers made at a time: 16 counters of four words

struct RandomTable {
  // Sixteen counters (16 group + lane, row, c2, c3), lane in [0, 16): out[16 word + lane] is made of a counter's words.
  void (*words)(uint32_t group, uint32_t row, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1, uint32_t* out);
  void (*uniform)(const uint32_t* words, float* out);
  void (*normal)(const uint32_t* words, float* out);
};

struct Bfloat16Table {
  // The nearest bfloat16, ties to even: y[0..n) as its bits, or as the float of that value.
  void (*to_bits)(const float* x, uint16_t* y, int64_t n);
  void (*rounded)(const float* x, float* y, int64_t n);
  // y[i] = the bits of x[from[i]].
  void (*gathered)(const float* x, const int32_t* from, uint16_t* y, int64_t n);
};

struct Loops {
  const ElementwiseTable* elementwise;
  const ReduceTable* reduce;
  const MatrixTable* matrix;
  const RandomTable* random;
  const RecurrentTable* recurrent;
  const NormalizationTable* normalization;
  const PoolingTable* pooling;
  const BlendTable* blend;
  const Bfloat16Table* bfloat16;
  const WinogradTable* winograd;
};

#define ATELIER_DECLARE_LOOPS(isa)               \
  namespace isa {                                \
  extern const ElementwiseTable elementwise;     \
  extern const ReduceTable reduce;               \
  extern const MatrixTable matrix;               \
  extern const RandomTable random;               \
  extern const NormalizationTable normalization; \
  extern const PoolingTable pooling;             \
  extern const BlendTable blend;                 \
  extern const Bfloat16Table bfloat16;           \
  extern const RecurrentTable recurrent;         \
  extern const WinogradTable winograd;           \
  }
ATELIER_DECLARE_LOOPS(baseline)
ATELIER_DECLARE_LOOPS(avx2)
ATELIER_DECLARE_LOOPS(avx512)
#undef ATELIER_DECLARE_LOOPS

const Loops& loops_of(Isa isa);
const Loops& active_loops();

// Those of a table for one type of elements.
template <typename T, typename Table>
const auto& loops_for(const Table& table) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return table.f32;
  } else {
    return table.f64;
  }
}

}  // namespace atelier::kernels
