#include "kernels/loops/loops.hpp"

namespace atelier::kernels {

const Loops& loops_of(Isa isa) {
  static constexpr Loops all[] = {
      {&baseline::elementwise, &baseline::reduce, &baseline::matrix, &baseline::random, &baseline::recurrent,
       &baseline::normalization, &baseline::pooling, &baseline::blend, &baseline::bfloat16, &baseline::winograd},
      {&avx2::elementwise, &avx2::reduce, &avx2::matrix, &avx2::random, &avx2::recurrent, &avx2::normalization,
       &avx2::pooling, &avx2::blend, &avx2::bfloat16, &avx2::winograd},
      {&avx512::elementwise, &avx512::reduce, &avx512::matrix, &avx512::random, &avx512::recurrent,
       &avx512::normalization, &avx512::pooling, &avx512::blend, &avx512::bfloat16, &avx512::winograd},
  };
  return all[static_cast<int>(isa)];
}

const Loops& active_loops() {
  return loops_of(active_isa());
}

}  // namespace atelier::kernels
