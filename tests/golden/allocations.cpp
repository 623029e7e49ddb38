#include "allocations.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

// glibc's own, under the names that it keeps for those who replace malloc.
extern "C" {
void* __libc_malloc(size_t);            // NOLINT: glibc's name
void* __libc_calloc(size_t, size_t);    // NOLINT
void* __libc_realloc(void*, size_t);    // NOLINT
void* __libc_memalign(size_t, size_t);  // NOLINT
}

namespace atelier::golden {
namespace {

std::atomic<bool> counting{false};
std::atomic<bool> tracing{false};
std::atomic<int64_t> ours{0};
std::atomic<int64_t> onednn{0};
std::atomic<int64_t> onednn_bytes{0};
thread_local bool inside = false;  // what is called here may allocate itself

bool is_in_onednn(const void* code) {
  Dl_info info{};
  return dladdr(code, &info) != 0 && info.dli_fname != nullptr && std::strstr(info.dli_fname, "libdnnl") != nullptr;
}

void note(const void* caller, size_t bytes) {
  if (!counting || inside) {
    return;
  }
  inside = true;
  if (is_in_onednn(caller)) {
    ++onednn;
    onednn_bytes += static_cast<int64_t>(bytes);
  } else {
    ++ours;
    if (tracing) {
      void* frames[24];
      backtrace_symbols_fd(frames, backtrace(frames, 24), 2);
    }
  }
  inside = false;
}

}  // namespace

Allocations allocations() {
  return {ours, onednn, onednn_bytes};
}

void count_allocations(bool on, bool traced) {
  counting = on;
  tracing = traced;
}

}  // namespace atelier::golden

#define ATELIER_NOTE(bytes) atelier::golden::note(__builtin_return_address(0), bytes)

// Visible, so that shared libraries call these too.
#pragma GCC visibility push(default)
extern "C" {

void* malloc(size_t bytes) {
  ATELIER_NOTE(bytes);
  return __libc_malloc(bytes);
}
void* calloc(size_t elements, size_t bytes) {
  ATELIER_NOTE(elements * bytes);
  return __libc_calloc(elements, bytes);
}
void* realloc(void* block, size_t bytes) {
  ATELIER_NOTE(bytes);
  return __libc_realloc(block, bytes);
}
void* memalign(size_t alignment, size_t bytes) {
  ATELIER_NOTE(bytes);
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  ATELIER_NOTE(bytes);
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** block, size_t alignment, size_t bytes) {
  ATELIER_NOTE(bytes);
  *block = __libc_memalign(alignment, bytes);
  return *block == nullptr ? ENOMEM : 0;
}

}  // extern "C"

// The library's own would be the caller that is noted.
void* operator new(size_t bytes) {
  ATELIER_NOTE(bytes);
  if (void* const block = __libc_malloc(bytes)) {
    return block;
  }
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  free(block);
}
void operator delete(void* block, size_t) noexcept {
  free(block);
}
#pragma GCC visibility pop
