// The errors of the host. Bad input is an Error, with where it was found, what was found, what was expected and a hint;
// a broken invariant of our own is a failed ATELIER_CHECK.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/printable.hpp"

namespace atelier {

enum class ErrorKind {
  usage,        // the command line
  experiment,   // the experiment file or an override; may hold several lines, one per problem
  plugin,       // a plugin that cannot be loaded, or that failed
  shape,        // tensors that do not fit an operation; names the author's file and line
  phase,        // a call that is not allowed where it was made; names the author's file and line where it is known
  unsupported,  // what a plugin asks for is not there: an operation, a gradient of one
  memory,       // there is not enough of it
  data,         // a dataset that is missing, truncated or corrupt
  file,         // reading or writing any other file
  numeric,      // a value that is not finite
  internal,     // a broken invariant: a defect of the host
};

// Thrown by every room below host/cli, which alone prints it and chooses the exit code. what() is the whole message. A
// text that the message is made with takes one line, whatever it holds; lines of our own are given as one string.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  template <typename... Arguments>
  Error(ErrorKind kind, fmt::format_string<Arguments...> format, Arguments&&... arguments)
      : Error(kind, formatted(format, shown(arguments)...)) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  template <typename T>
  static decltype(auto) shown(const T& argument) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return printable(argument);
    } else {
      return (argument);
    }
  }
  template <typename... Arguments>
  static std::string formatted(fmt::string_view format, const Arguments&... arguments) {
    return fmt::vformat(format, fmt::make_format_args(arguments...));
  }

  ErrorKind kind_;
  std::string message_;
};

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace atelier

// An invariant that only a defect of the host can break.
#define ATELIER_CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::atelier::check_failed(#condition, __FILE__, __LINE__))
