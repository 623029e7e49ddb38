// The wrapper's own machinery: the connection to the host, strings, failures, and where in the author's source a call
// stands. Nothing here throws; it compiles with -fno-exceptions.
#pragma once

#include <atelier/abi.h>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

// What every plugin has for itself, also where an author's build hides no symbols: else the loader would merge such
// variables across plugins.
#define ATELIER_OWN __attribute__((visibility("hidden")))

namespace atelier {

namespace detail {

ATELIER_OWN inline const atl_core* core =
    nullptr;  // one for each plugin; set when the host loads it, before anything else runs

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

// Runs the author's code at the line between the two sides: no exception crosses it.
template <typename F>
atl_status guard(atl_context* context, F&& body) noexcept {
#if defined(__cpp_exceptions)
  try {
    body();
    return ATL_OK;
  } catch (const std::exception& error) {
    core->fail(context, ATL_ERROR_INTERNAL, string(error.what()), {"", 0});
  } catch (...) {
    core->fail(context, ATL_ERROR_INTERNAL, string("an exception that is not a std::exception"), {"", 0});
  }
  return ATL_ERROR_INTERNAL;
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
  operator atl_location() const { return {file, line}; }
};

// A line for the user, printed by the host. Any thread.
inline void inform(std::string_view message) {
  detail::core->inform(detail::string(message));
}

}  // namespace atelier
