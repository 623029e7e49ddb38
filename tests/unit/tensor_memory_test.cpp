// Memory that there is not: what is asked for is named, with its size, before and after the system is asked.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tensor/memory.hpp"
#include "tensor/storage.hpp"

using namespace atelier;
using namespace atelier::tensor;

namespace {

constexpr uint64_t petabyte = 1'000'000'000'000'000;

template <typename F>
std::string lack_in(const F& body) {
  try {
    body();
  } catch (const Error& error) {
    return (error.kind() == ErrorKind::memory ? "" : "of another kind: ") + std::string(error.what());
  }
  return "nothing was thrown";
}

// What the body says in a process that may have so many bytes more than it has mapped.
template <typename F>
std::string said_with_limit(size_t more, const F& body) {
  int ends[2] = {-1, -1};
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    long pages = 0;
    if (FILE* file = std::fopen("/proc/self/statm", "r"); file == nullptr || std::fscanf(file, "%ld", &pages) != 1) {
      _exit(1);
    }
    const rlim_t bytes = static_cast<rlim_t>(pages) * static_cast<rlim_t>(sysconf(_SC_PAGE_SIZE)) + more;
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
    const std::string said = lack_in(body);
    _exit(write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said;
  char part[256];
  for (ssize_t count = 0; (count = read(ends[0], part, sizeof part)) > 0;) {
    said.append(part, static_cast<size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  return said;
}

}  // namespace

TEST_CASE("memory: what no machine has is refused before it is tried") {
  CHECK(lack_of_memory(1000) == "");
  CHECK(lack_of_memory(petabyte).starts_with("needs 1000.0 TB of memory, this machine has "));
  CHECK(lack_in([] { Storage huge(petabyte); }).starts_with("needs 1000.0 TB of memory, this machine has "));
}

TEST_CASE("memory: types are described, with the names of their axes where they are known") {
  const std::vector<std::string> axes{"B", "C"};
  CHECK(described({64, 3}, DType::f32, axes) == "float32 (B = 64, C = 3)");
  CHECK(described({64, 3}, DType::f64) == "float64 (64, 3)");
  CHECK(described({64}, DType::i64, axes) == "int64 (64)");
  CHECK(described({}, DType::f32) == "float32 ()");
}

TEST_CASE("memory: its owner stands in front, and other errors stay what they are") {
  const auto owner = [] { return std::string("the parameter 'w'"); };
  const std::string huge = lack_in([&] { take_memory(owner, "less of it", [] { return Storage(petabyte); }); });
  CHECK_MESSAGE(huge.starts_with("the parameter 'w' needs 1000.0 TB of memory, this machine has "), huge);
  CHECK_MESSAGE(huge.ends_with("; hint: less of it"), huge);
  const std::string beside = lack_in([&] { take_memory(owner, "less", [] { throw std::bad_alloc(); }); });
  CHECK_MESSAGE(beside.starts_with("the parameter 'w' needs more memory than the system gives: this process has "),
                beside);
  CHECK(lack_in([&] { take_memory(owner, "less", [] { throw Error(ErrorKind::data, "torn"); }); }) ==
        "of another kind: torn");
  CHECK(take_memory(owner, "less", [] { return Storage(12); }).size() == 12);
  const int known = 3;
  CHECK(&take_memory(owner, "less", [&]() -> const int& { return known; }) == &known);
}

#ifndef __SANITIZE_ADDRESS__  // which maps more than any limit
#ifndef __SANITIZE_THREAD__
TEST_CASE("memory: what the system refuses is said with what the process has, and no std::bad_alloc") {
  const std::string limited = said_with_limit(1U << 20U, [] { Storage block(4'000'000'000); });
  CHECK_MESSAGE(limited.starts_with("needs 4.0 GB of memory, this process may have "), limited);
  CHECK_MESSAGE(limited.ends_with(" (ulimit)"), limited);
  // Two of them are more than is left, while each is less than the limit.
  const std::string refused = said_with_limit(24U << 20U, [] {
    const Storage first(15U << 20U);
    const Storage second(15U << 20U);
  });
  CHECK_MESSAGE(refused.starts_with("needs 15.7 MB of memory, which the system does not give: this process has "),
                refused);
  CHECK_MESSAGE(refused.ends_with(" that it may have (ulimit)"), refused);
}
#endif
#endif
