#include "cli/terminal.hpp"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/silence.hpp"

namespace atelier::cli {
namespace {

constexpr const char* to_end_of_line = "\x1b[K";
constexpr const char* to_end_of_screen = "\x1b[J";

std::vector<size_t> drawn_columns;  // of the lines that stand there
bool silent = false;

void write(std::FILE* stream, const std::string& text) {
  if (silent) {
    return;
  }
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

// {columns, rows}
std::array<size_t, 2> size_of_terminal(int descriptor) {
  winsize size{};
  constexpr size_t usual_columns = 80, usual_rows = 24;
  const bool known = ioctl(descriptor, TIOCGWINSZ, &size) == 0;
  return {known && size.ws_col > 0 ? size.ws_col : usual_columns, known && size.ws_row > 0 ? size.ws_row : usual_rows};
}

}  // namespace

void be_silent() {
  silent = true;
}

bool is_silent() {
  return silent;
}

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

void redraw_messages(const std::vector<std::string>& lines) {
  clear_messages();
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "" : "\n") + terminal::shown_line(line);
    drawn_columns.push_back(terminal::columns_of(line));
  }
  write(stderr, text);
  std::fflush(stderr);
}

// A line that is longer than a terminal which has become narrower takes several rows now.
void clear_messages() {
  if (drawn_columns.empty()) {
    return;
  }
  const size_t columns = std::max<size_t>(message_columns(), 1);
  size_t rows = 0;
  for (const size_t length : drawn_columns) {
    rows += std::max<size_t>((length + columns - 1) / columns, 1);
  }
  drawn_columns.clear();
  write(stderr,
        rows > 1 ? fmt::format("\r\x1b[{}A{}", rows - 1, to_end_of_screen) : fmt::format("\r{}", to_end_of_screen));
  std::fflush(stderr);
}

terminal::Layout output_layout() {
  const std::string given(environment("COLUMNS"));
  const size_t width =
      isatty(STDOUT_FILENO) == 1 ? size_of_terminal(STDOUT_FILENO)[0] : std::strtoul(given.c_str(), nullptr, 10);
  return {width, in_colour(STDOUT_FILENO)};
}

bool messages_on_terminal() {
  return is_terminal(STDERR_FILENO);
}

bool messages_in_colour() {
  return in_colour(STDERR_FILENO);
}

size_t message_columns() {
  return size_of_terminal(STDERR_FILENO)[0];
}

size_t message_rows() {
  return size_of_terminal(STDERR_FILENO)[1];
}

}  // namespace atelier::cli
