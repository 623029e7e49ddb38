#include "kernels/onednn.hpp"

#include <omp.h>

namespace atelier::kernels {

void pin_openmp() {
  thread_local const bool pinned = [] {
    omp_set_num_threads(1);
    return true;
  }();
  (void)pinned;
}

const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& onednn_stream() {
  pin_openmp();
  thread_local dnnl::stream stream(onednn_engine());
  return stream;
}

bool has_instructions(dnnl_cpu_isa_t isa) {
  return (dnnl_get_effective_cpu_isa() & isa) == isa;  // each has the bits of those that it contains
}

dnnl::memory::data_type type_of(tensor::DType dtype) {
  return dtype == tensor::DType::bf16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
}

dnnl::memory unplaced(const dnnl::memory::desc& description) {
  return dnnl::memory(description, onednn_engine(), DNNL_MEMORY_NONE);
}

void place(const dnnl::memory& buffer, const void* data) {
  if (buffer.get_data_handle() != data) {
    buffer.set_data_handle(const_cast<void*>(data));
  }
}

}  // namespace atelier::kernels
