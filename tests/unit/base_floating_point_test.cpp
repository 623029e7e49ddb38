#include <doctest/doctest.h>

#include <limits>
#include <thread>

#include "base/floating_point.hpp"

#if defined(__x86_64__)

namespace {

constexpr unsigned int flush_to_zero = 0x8000;
constexpr unsigned int denormals_are_zero = 0x0040;
constexpr unsigned int round_up = 0x4000;
constexpr unsigned int all_masked = 0x1F80;  // nothing trapped, round to nearest, denormals kept

// Volatile, so that the processor computes them and not the compiler.
float half_of_the_smallest_normal() {
  const volatile float smallest = std::numeric_limits<float>::min();
  return smallest * 0.5F;
}
float twice_a_denormal() {
  const volatile float denormal = std::numeric_limits<float>::denorm_min() * 4;
  return denormal * 2.0F;
}
float one_and_a_little() {
  const volatile float one = 1;
  const volatile float little = 1e-9F;
  return one + little;
}

// What a library may leave behind on the thread that loads it.
struct Left {
  explicit Left(unsigned int mode) { _mm_setcsr(mode); }
  ~Left() { _mm_setcsr(all_masked); }
  Left(const Left&) = delete;
  Left& operator=(const Left&) = delete;
};

}  // namespace

TEST_CASE("denormal results and operands are kept, whatever a library has left") {
  const Left left(all_masked | flush_to_zero | denormals_are_zero);
  const float flushed = half_of_the_smallest_normal();
  const float ignored = twice_a_denormal();
  atelier::reset_floating_point();
  CHECK(flushed == 0);
  CHECK(ignored == 0);
  CHECK(half_of_the_smallest_normal() > 0);
  CHECK(twice_a_denormal() == std::numeric_limits<float>::denorm_min() * 8);
}

TEST_CASE("rounding is to the nearest again") {
  const Left left(all_masked | round_up);
  const float rounded_up = one_and_a_little();
  atelier::reset_floating_point();
  CHECK(rounded_up > 1);
  CHECK(one_and_a_little() == 1);
}

TEST_CASE("nothing is trapped, and no flag is left") {
  const Left left(0x003F);  // all traps open, all flags set: the next operation in vectors would raise a signal
  atelier::reset_floating_point();
  CHECK(_mm_getcsr() == all_masked);
}

TEST_CASE("the mode is the calling thread's own") {
  const Left left(all_masked | flush_to_zero);
  std::thread(atelier::reset_floating_point).join();
  const float flushed = half_of_the_smallest_normal();
  atelier::reset_floating_point();
  CHECK(flushed == 0);
}

#endif
