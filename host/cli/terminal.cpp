#include "cli/terminal.hpp"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/error.hpp"
#include "base/printable.hpp"

namespace atelier::cli {
namespace {

constexpr const char* to_end_of_line = "\x1b[K";

void write(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_terminal(int descriptor) {
  return isatty(descriptor) == 1 && environment("TERM") != "dumb";
}

bool in_colour(int descriptor) {
  return is_terminal(descriptor) && environment("NO_COLOR").empty();
}

size_t columns_of_terminal(int descriptor) {
  winsize size{};
  constexpr size_t usual = 80;
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

}  // namespace

void print(const std::string& text) {
  write(stdout, terminal::shown_lines(text));
}

void print_json(const std::string& json) {
  write(stdout, printable_json(json));
}

void flush_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw Error(ErrorKind::file, "standard output: cannot be written: {}",
                errno == 0 ? "an earlier write failed" : std::strerror(errno));
  }
}

void print_message(const std::string& line) {
  write(stderr, terminal::shown_line(line) + "\n");
}

void redraw_message(const std::string& line) {
  write(stderr, "\r" + terminal::shown_line(line) + to_end_of_line);
  std::fflush(stderr);
}

void clear_message() {
  write(stderr, std::string("\r") + to_end_of_line);
  std::fflush(stderr);
}

terminal::Layout output_layout() {
  const std::string given(environment("COLUMNS"));
  const size_t width =
      isatty(STDOUT_FILENO) == 1 ? columns_of_terminal(STDOUT_FILENO) : std::strtoul(given.c_str(), nullptr, 10);
  return {width, in_colour(STDOUT_FILENO)};
}

bool messages_on_terminal() {
  return is_terminal(STDERR_FILENO);
}

bool messages_in_colour() {
  return in_colour(STDERR_FILENO);
}

size_t message_columns() {
  return columns_of_terminal(STDERR_FILENO);
}

}  // namespace atelier::cli
