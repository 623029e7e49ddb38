// The floating-point mode that every thread of ours computes in.
#pragma once

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace atelier {

// Round to nearest, denormals kept, nothing trapped. To be called on every worker, after every load of a library and
// after every callback into one: a library built with fast-math sets flush-to-zero on the thread that loads it.
inline void reset_floating_point() {
#if defined(__x86_64__)
  _mm_setcsr(0x1F80);
#endif
}

}  // namespace atelier
