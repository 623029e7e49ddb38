#include "runlog/path.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>

#include "base/error.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::runlog {

namespace {

// The first part of the path that exists and is no folder; empty where there is none.
std::filesystem::path in_the_way(const std::filesystem::path& folder) {
  std::filesystem::path part;
  std::error_code ignored;
  for (const std::filesystem::path& name : folder) {
    part /= name;
    if (std::filesystem::exists(part, ignored) && !std::filesystem::is_directory(part, ignored)) {
      return part;
    }
  }
  return {};
}

void make_folder(const std::filesystem::path& folder) {
  if (const std::filesystem::path file = in_the_way(folder); !file.empty()) {
    throw Error(ErrorKind::file, "{}: the folder cannot be made: {} is a file", folder.string(), file.string());
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error(ErrorKind::file, "{}: the folder cannot be made: {}", folder.string(), error.message());
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorKind::file, "{}: the folder cannot be written to: {}", folder.string(), std::strerror(errno));
  }
}

}  // namespace

std::filesystem::path new_log_path(const std::filesystem::path& out_dir, const std::string& name,
                                   const std::string& created_utc, const std::string& run_id, uint64_t seed) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    throw Error(ErrorKind::experiment, "name: got '{}', expected one that can name a folder: not empty, no '/'", name);
  }
  const std::filesystem::path folder = out_dir / name;
  make_folder(folder);

  std::string time = whole_seconds(created_utc);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  const std::string stem = fmt::format("{}-{}-s{}", time, run_id, seed);
  std::filesystem::path path = folder / (stem + ".h5");
  for (int number = 2; std::filesystem::exists(path); ++number) {
    path = folder / fmt::format("{}-{}.h5", stem, number);
  }
  return path;
}

std::filesystem::path beside(const std::filesystem::path& log, const char* ending) {
  std::error_code ignored;
  const std::filesystem::path real = std::filesystem::weakly_canonical(log, ignored);
  return (real.empty() ? log : real).string() + ending;
}

std::filesystem::path own_path(const std::filesystem::path& file) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::absolute(file, ignored).parent_path();
  return std::filesystem::weakly_canonical(folder, ignored) / file.filename();
}

std::string new_run_id() {
  std::random_device source;
  return fmt::format("{:08x}", source());
}

}  // namespace atelier::runlog
