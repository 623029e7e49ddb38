#include <doctest/doctest.h>

#include "base/error.hpp"
#include "kernel_runner.hpp"

using namespace atelier;
using namespace atelier::kernels;

TEST_CASE("instruction sets have names, and the baseline is always there") {
  CHECK(name_of(Isa::baseline) == "baseline");
  CHECK(name_of(Isa::avx2) == "avx2");
  CHECK(name_of(Isa::avx512) == "avx512");
  CHECK(is_supported(Isa::baseline));
  CHECK(is_supported(active_isa()));
}

TEST_CASE("an instruction set can be pinned where it is supported") {
  const Isa before = active_isa();
  {
    const test::PinnedIsa pinned(Isa::baseline);
    CHECK(active_isa() == Isa::baseline);
  }
  CHECK(active_isa() == before);
  if (!is_supported(Isa::avx512)) {
    CHECK_THROWS_WITH_AS(set_active_isa(Isa::avx512), "instruction set avx512: this processor does not support it",
                         Error);
  }
}
