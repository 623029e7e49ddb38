// What a fuzzer asserts: where it does not hold, the input is a finding.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace atelier::fuzz {

inline void require(bool holds, std::string_view what) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
  }
}

}  // namespace atelier::fuzz
