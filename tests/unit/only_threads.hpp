// What tests leave out under the thread sanitizer.
#pragma once

namespace atelier {

// That sanitizer finds threads that get in each other's way, and makes everything many times slower. What else there is
// to find, builds without it find: checks of values may have nothing left to compare here.
#ifdef __SANITIZE_THREAD__
constexpr bool only_threads = true;
#else
constexpr bool only_threads = false;
#endif

}  // namespace atelier
