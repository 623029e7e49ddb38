// What all callers of oneDNN share. Only kernels include it.
#pragma once

#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string_view>

#include "tensor/shape.hpp"

namespace atelier::kernels {

// oneDNN brings OpenMP: each thread that calls it, to make a primitive or to run one, keeps to itself. To be called
// before.
void pin_openmp();

const dnnl::engine& onednn_engine();
dnnl::stream& onednn_stream();  // of the calling thread

// Whether oneDNN's code for this processor has the instructions.
bool has_instructions(dnnl_cpu_isa_t isa);

dnnl::memory::data_type type_of(tensor::DType dtype);  // f32 or bf16

// A primitive's description where oneDNN has generated code for it, and not only its general loops.
template <typename Make>
auto fast_only(Make&& make) -> std::optional<decltype(make())> {
  try {
    auto found = make();
    const std::string_view name = found.impl_info_str();
    if (name.starts_with("brg") || name.starts_with("jit")) {
      return found;
    }
  } catch (const dnnl::error&) {  // it has none at all
  }
  return std::nullopt;
}

// What a primitive reads and writes, for one piece of a kernel. Where it lies is said for each run.
struct PrimitiveBuffers {
  dnnl::memory first, second, result, scratch;
};
dnnl::memory unplaced(const dnnl::memory::desc& description);
void place(const dnnl::memory& buffer, const void* data);

template <size_t n>
void execute(const dnnl::primitive& primitive, const std::array<dnnl_exec_arg_t, n>& arguments) {
  [[maybe_unused]] const dnnl_status_t status =
      dnnl_primitive_execute(primitive.get(), onednn_stream().get(), static_cast<int>(n), arguments.data());
}

}  // namespace atelier::kernels
