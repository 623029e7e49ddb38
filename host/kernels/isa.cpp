#include "kernels/isa.hpp"

#include <array>
#include <atomic>
#include <cstdlib>

#include "base/error.hpp"

namespace atelier::kernels {
namespace {

constexpr std::array all = {Isa::baseline, Isa::avx2, Isa::avx512};

Isa from_environment_or_best() {
  if (const char* wanted = std::getenv("ATELIER_ISA"); wanted != nullptr) {
    for (const Isa isa : all) {
      if (name_of(isa) == wanted) {
        if (!is_supported(isa)) {
          throw Error(ErrorKind::usage, "ATELIER_ISA: got '{}', which this processor does not support", wanted);
        }
        return isa;
      }
    }
    throw Error(ErrorKind::usage, "ATELIER_ISA: got '{}', expected baseline, avx2 or avx512", wanted);
  }
  Isa best = Isa::baseline;
  for (const Isa isa : all) {
    best = is_supported(isa) ? isa : best;
  }
  return best;
}

std::atomic<Isa>& active() {
  static std::atomic<Isa> isa = from_environment_or_best();
  return isa;
}

}  // namespace

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::baseline:
      return "baseline";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
  }
  return "unknown";
}

bool is_supported(Isa isa) {
  switch (isa) {
    case Isa::baseline:
      return true;
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
             __builtin_cpu_supports("bmi2") != 0;
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
             __builtin_cpu_supports("avx512cd") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
             __builtin_cpu_supports("avx512vl") != 0;
  }
  return false;
}

Isa active_isa() {
  return active().load(std::memory_order_relaxed);
}

void set_active_isa(Isa isa) {
  if (!is_supported(isa)) {
    throw Error(ErrorKind::usage, "instruction set {}: this processor does not support it", name_of(isa));
  }
  active().store(isa, std::memory_order_relaxed);
}

}  // namespace atelier::kernels
