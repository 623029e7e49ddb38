#include "base/error.hpp"
#include "kernels/gemm.hpp"

namespace atelier::kernels {
namespace {

template <typename T>
class NaiveGemm : public Kernel {
 public:
  explicit NaiveGemm(const GemmSpec& spec) : spec_(spec) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return 1; }

  void run(int64_t, int64_t, const Arguments& arguments) const override {
    for (int64_t matrix = 0; matrix < spec_.batch; ++matrix) {
      const T* a = static_cast<const T*>(arguments.inputs[0]) + matrix * spec_.batch_stride_a;
      const T* b = static_cast<const T*>(arguments.inputs[1]) + matrix * spec_.batch_stride_b;
      T* c = static_cast<T*>(arguments.outputs[0]) + matrix * spec_.batch_stride_c;
      for (int64_t i = 0; i < spec_.m; ++i) {
        for (int64_t j = 0; j < spec_.n; ++j) {
          T sum = 0;
          for (int64_t p = 0; p < spec_.k; ++p) {
            sum += a[spec_.transpose_a ? p * spec_.m + i : i * spec_.k + p] *
                   b[spec_.transpose_b ? j * spec_.k + p : p * spec_.n + j];
          }
          c[i * spec_.n + j] = sum;
        }
      }
    }
  }

 private:
  GemmSpec spec_;
};

}  // namespace

std::unique_ptr<Kernel> make_gemm_naive(const GemmSpec& spec, tensor::DType dtype) {
  ATELIER_CHECK(dtype != tensor::DType::i64);
  return dtype == tensor::DType::f32 ? std::unique_ptr<Kernel>(std::make_unique<NaiveGemm<float>>(spec))
                                     : std::make_unique<NaiveGemm<double>>(spec);
}

}  // namespace atelier::kernels
