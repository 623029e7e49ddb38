// The wrapper's own machinery: the connection to the host, strings, failures, and where in the author's source a call
// stands. Nothing here throws but stop(); it compiles with -fno-exceptions.
#pragma once

#include <atelier/abi.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// What every plugin has for itself, also where an author's build hides no symbols: else the loader would merge such
// variables across plugins.
#define ATELIER_OWN __attribute__((visibility("hidden")))

// On functions that are called from many places and never in a loop that counts: compiled once, not at each call.
#define ATELIER_ONCE __attribute__((noinline))

// Stands in each function of this wrapper that calls what came with a later minor of the contract than 0. Where such a
// function is used, and only there, its plugin asks for that minor when it connects; so a source that uses nothing new
// still loads into old hosts, however new the headers are that it was built with. docs/architecture.md, "The contract".
#define ATELIER_SINCE_MINOR(minor) \
  __asm__ volatile(".pushsection atelier_minors,\"a\",@progbits\n .long %c0\n .popsection" : : "i"(minor))

extern "C" {
extern const uint32_t __start_atelier_minors[] __attribute__((weak, visibility("hidden")));  // by the linker
extern const uint32_t __stop_atelier_minors[] __attribute__((weak, visibility("hidden")));
}

namespace atelier {

namespace detail {

// The oldest minor of the contract that has all that this plugin calls.
inline uint32_t oldest_minor() {
  uint32_t oldest = 0;
  for (const uint32_t* minor = __start_atelier_minors; minor != __stop_atelier_minors; ++minor) {
    oldest = *minor > oldest ? *minor : oldest;
  }
  return oldest;
}

// What stands in the core table until the host has connected. Variables at namespace scope are made before that: what
// one of them asks of the host fails, and the plugin is then refused with these words.
ATELIER_OWN inline bool called_too_early = false;
constexpr const char* too_early =
    "something of atelier's was used before the host has connected, by a variable at namespace scope or a static "
    "member; hint: make it a member of the class, or a static variable in the function that needs it";

struct NotConnected {
  template <typename Result, typename... Arguments>
  ATELIER_OWN static Result call(Arguments... /*unused*/) {
    called_too_early = true;
    if constexpr (!std::is_void_v<Result>) {
      return ATL_ERROR_PHASE;
    }
  }
  template <typename Result, typename... Arguments>
  using Function = Result(Arguments...);
  template <typename Result, typename... Arguments>
  constexpr operator Function<Result, Arguments...>*() const {
    return &call<Result, Arguments...>;
  }
};

ATELIER_OWN inline constexpr NotConnected not_yet{};
ATELIER_OWN inline constexpr atl_core not_connected = {
    sizeof(atl_core), not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet,
    not_yet,          not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet,
    not_yet,          not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet, not_yet};

ATELIER_OWN inline const atl_core* core = &not_connected;  // one for each plugin; the host's own after it has connected

constexpr atl_location nowhere{"", 0, 0};

inline atl_string string(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(atl_string text) {
  return {text.data, text.size};
}

inline atl_operation operation(std::string_view name) {
  atl_operation handle = 0;
  core->operation(string(name), &handle);  // an unknown one stays 0, which `apply` reports with the author's place
  return handle;
}

// Ends the author's code where going on makes no sense, as the host knows of a failure: what comes after could only be
// its consequence. A plugin without exceptions goes on, with poison.
struct ATELIER_OWN Stopped {};
inline void stop() {
#if defined(__cpp_exceptions)
  throw Stopped();
#endif
}
inline void fail(atl_context* context, atl_status status, std::string_view message, atl_location at) {
  core->fail(context, status, string(message), at);
}

// Where the outermost CalledFrom of this thread stands, if there is one.
ATELIER_OWN inline constinit thread_local const atl_location* called_from = nullptr;

// The author's code inside a helper's call has its own lines.
class ATELIER_OWN AuthorsLines {
 public:
  AuthorsLines() : outer_(called_from) { called_from = nullptr; }
  ~AuthorsLines() { called_from = outer_; }
  AuthorsLines(const AuthorsLines&) = delete;
  AuthorsLines& operator=(const AuthorsLines&) = delete;

 private:
  const atl_location* outer_;
};

#if defined(__cpp_exceptions)
// In a handler: tells the host of the exception that is handled.
inline atl_status report_caught(atl_context* context) noexcept {
  try {
    throw;
  } catch (const Stopped&) {
    fail(context, ATL_ERROR_ARGUMENT, "was stopped", nowhere);  // not the first failure, and so not kept
  } catch (const std::bad_alloc& error) {
    fail(context, ATL_ERROR_MEMORY, error.what(), nowhere);
    return ATL_ERROR_MEMORY;
  } catch (const std::exception& error) {
    fail(context, ATL_ERROR_INTERNAL, error.what(), nowhere);
  } catch (...) {
    fail(context, ATL_ERROR_INTERNAL, "an exception that is not a std::exception", nowhere);
  }
  return ATL_ERROR_INTERNAL;
}
#endif

// Runs the author's code at the line between the two sides: no exception crosses it.
template <typename F>
atl_status guard(atl_context* context, F&& body) noexcept {
  const AuthorsLines lines;
#if defined(__cpp_exceptions)
  try {
    body();
    return ATL_OK;
  } catch (...) {
    return report_caught(context);
  }
#else
  (void)context;
  body();
  return ATL_OK;
#endif
}

}  // namespace detail

// A place in the author's source; as a defaulted argument it is the caller's.
struct Location {
  const char* file;
  uint32_t line;
  Location(const char* at_file = __builtin_FILE(), uint32_t at_line = __builtin_LINE())
      : file(at_file), line(at_line) {}
  // What the host is told: inside of a CalledFrom that one's place.
  operator atl_location() const {
    return detail::called_from == nullptr ? atl_location{file, line, 0} : *detail::called_from;
  }
};

// As long as one lives, what its thread records is recorded at its place, whatever is called meanwhile. A function that
// records several operations begins with it, so that errors name the line that called the function:
//   Tensor norm(At x) {
//     const CalledFrom caller(x);
//     return sqrt(sum(square(x)));
//   }
// The outermost one counts. A network that is handed in keeps its own lines where the host calls it.
class ATELIER_OWN CalledFrom {
 public:
  explicit CalledFrom(Location at) : place_{at.file, at.line, 0}, outer_(detail::called_from) {
    if (outer_ == nullptr) {
      detail::called_from = &place_;
    }
  }
  ~CalledFrom() { detail::called_from = outer_; }
  CalledFrom(const CalledFrom&) = delete;
  CalledFrom& operator=(const CalledFrom&) = delete;

 private:
  atl_location place_;
  const atl_location* outer_;
};

// What one thing owns of another: Owned<Metric>(new CodeUse(model)). As std::unique_ptr, but that T may be incomplete
// where nothing is made, and that it comes without <memory>.
template <typename T>
class Owned {
 public:
  Owned() = default;
  template <typename Made>
  explicit Owned(Made* made) : made_(made), destroy_([](T* one) { delete static_cast<Made*>(one); }) {}
  Owned(Owned&& other) noexcept : made_(other.made_), destroy_(other.destroy_) { other.made_ = nullptr; }
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    if (made_ != nullptr) {
      destroy_(made_);
    }
  }
  [[nodiscard]] T* get() const { return made_; }
  T* operator->() const { return made_; }
  T& operator*() const { return *made_; }

 private:
  T* made_ = nullptr;
  void (*destroy_)(T*) = nullptr;
};

// A line for the user, printed by the host. Any thread.
inline void inform(std::string_view message) {
  detail::core->inform(detail::string(message));
}

}  // namespace atelier
