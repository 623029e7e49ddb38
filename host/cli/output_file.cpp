#include "cli/output_file.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.hpp"

namespace atelier::cli {

namespace fs = std::filesystem;

void check_writable(const fs::path& file) {
  const fs::path folder = fs::absolute(file).parent_path();
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::file, "{}: cannot be written: there is no folder {}", file.string(), folder.string());
  }
  if (fs::is_directory(file)) {
    throw Error(ErrorKind::file, "{}: cannot be written: it is a folder", file.string());
  }
  if (::access(fs::exists(file) ? file.c_str() : folder.c_str(), W_OK) != 0) {
    throw Error(ErrorKind::file, "{}: cannot be written: {}", file.string(), std::strerror(errno));
  }
}

namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw Error(ErrorKind::file, "{}: cannot be written: {}", file.string(), why);
}

void write_in_place(const fs::path& file, const fs::path& named, const std::function<void(std::ostream&)>& write) {
  errno = 0;
  std::ofstream out(file, std::ios::binary);
  write(out);
  out.close();
  if (!out) {
    fail(named, std::strerror(errno));
  }
}

}  // namespace

void write_file(const fs::path& file, const std::function<void(std::ostream&)>& write) {
  std::error_code ignored;
  const fs::path target = fs::exists(file, ignored) ? fs::canonical(file) : file;  // not the link to it
  const bool plain = !fs::exists(target, ignored) || fs::is_regular_file(target, ignored);
  if (!plain || ::access(fs::absolute(target).parent_path().c_str(), W_OK) != 0) {
    return write_in_place(target, file, write);
  }
  fs::path unfinished = target;
  unfinished += fmt::format(".{}.unfinished", ::getpid());
  try {
    write_in_place(unfinished, file, write);
    if (fs::exists(target, ignored)) {
      fs::permissions(unfinished, fs::status(target).permissions(), ignored);
    }
    std::error_code error;
    fs::rename(unfinished, target, error);
    if (error) {
      fail(file, error.message());
    }
  } catch (...) {
    fs::remove(unfinished, ignored);
    throw;
  }
}

void write_file(const fs::path& file, const std::string& text) {
  write_file(file, [&](std::ostream& out) { out << text; });
}

}  // namespace atelier::cli
