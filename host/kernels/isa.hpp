// The instruction set that the fast loops run with, chosen once at start. All of them give the same bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace atelier::kernels {

enum class Isa : uint8_t {
  baseline,  // x86-64: SSE2
  avx2,      // x86-64-v3
  avx512,    // x86-64-v4
};

std::string_view name_of(Isa isa);  // "baseline", "avx2", "avx512"

// Whether this processor and this operating system can run it.
bool is_supported(Isa isa);

// The best one that is supported, or the one that the environment variable ATELIER_ISA names; throws Error(usage) where
// that is unknown or unsupported. Read once, at the first call that succeeds.
Isa active_isa();

// Pins another one from here on, for tests that compare them: kernels keep what was active when they were made. Not to
// be called while kernels are being made. Throws Error(usage) where it is not supported.
void set_active_isa(Isa isa);

}  // namespace atelier::kernels
