#include "kernels/bfloat16.hpp"

#include "kernels/loops/loops.hpp"
#include "kernels/onednn.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

template <typename To>
class Round : public Kernel {
 public:
  using Loop = void (*)(const float* x, To* y, int64_t n);

  Round(int64_t elements, Loop loop) : elements_(elements, 1), loop_(loop) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return elements_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t first = elements_.first(piece);
    loop_(static_cast<const float*>(arguments.inputs[0]) + first, static_cast<To*>(arguments.outputs[0]) + first,
          elements_.last(piece) - first);
  }

 private:
  Pieces elements_;
  Loop loop_;
};

}  // namespace

std::string_view bfloat16_instructions() {
  return has_instructions(dnnl_cpu_isa_avx512_core_amx)    ? "amx_bf16"
         : has_instructions(dnnl_cpu_isa_avx512_core_bf16) ? "avx512_bf16"
                                                           : "";
}

std::unique_ptr<Kernel> make_to_bfloat16(int64_t elements) {
  return std::make_unique<Round<uint16_t>>(elements, active_loops().bfloat16->to_bits);
}

std::unique_ptr<Kernel> make_rounded_to_bfloat16(int64_t elements) {
  return std::make_unique<Round<float>>(elements, active_loops().bfloat16->rounded);
}

}  // namespace atelier::kernels
