#include "kernels/finite.hpp"

#include "kernels/loops/loops.hpp"

namespace atelier::kernels {

bool all_finite(const void* x, tensor::DType dtype, int64_t count) {
  switch (dtype) {
    case tensor::DType::f32:
      return active_loops().reduce->f32.all_finite(static_cast<const float*>(x), count);
    case tensor::DType::f64:
      return active_loops().reduce->f64.all_finite(static_cast<const double*>(x), count);
    case tensor::DType::i64:
    case tensor::DType::bf16:  // of a value that is looked at itself
      return true;
  }
  return true;
}

}  // namespace atelier::kernels
