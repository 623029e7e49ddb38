#include "cli/output_file.hpp"

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

void write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  errno = 0;
  out << text;
  out.close();
  if (!out) {
    throw Error(ErrorKind::file, "{}: cannot be written: {}", file.string(), std::strerror(errno));
  }
}

}  // namespace atelier::cli
