#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Failure;
using hdf5::Handle;

void check_signature(const std::filesystem::path& path) {
  constexpr std::string_view expected("\x89HDF\r\n\x1a\n", 8);
  if (std::filesystem::is_directory(path)) {
    throw Failure("it is a folder");
  }
  if (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path)) {
    throw Failure("it is no regular file");  // but a pipe, say, which nobody may ever write
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Failure(std::strerror(errno));
  }
  std::array<char, expected.size()> found{};
  in.read(found.data(), found.size());
  if (std::string_view(found.data(), static_cast<size_t>(in.gcount())) != expected) {
    throw Failure("it is not an HDF5 file");
  }
}

// HDF5 says "truncated file: eof = 10, sblock->base_addr = 0, stored_eof = 20".
std::string in_our_words(const std::string& reason, const std::filesystem::path& path) {
  constexpr std::string_view marker = "stored_eof = ";
  const size_t found = reason.find(marker);
  if (found == std::string::npos) {
    return reason;
  }
  return fmt::format("it is truncated: {} bytes of {}", std::filesystem::file_size(path),
                     reason.substr(found + marker.size()));
}

Handle open_file(Storage& storage, Access access, const std::filesystem::path& path) {
  try {
    return hdf5::open_file(storage, access != Access::read);
  } catch (const Failure& failure) {
    throw Failure(storage.failure().empty() ? in_our_words(failure.what(), path) : storage.failure());
  }
}

}  // namespace

OpenLogFile open_hdf5(const std::filesystem::path& path, Access access) {
  check_signature(path);
  OpenLogFile opened{Storage::open(path, access), {}};
  opened.file = open_file(*opened.storage, access, path);
  return opened;
}

bool is_log(hid_t file) {
  return hdf5::has_attribute(file, "format") && hdf5::read_text_attribute(file, "format") == format_name;
}

OpenLogFile open_log(const std::filesystem::path& path, Access access) {
  OpenLogFile log = open_hdf5(path, access);
  if (!is_log(log.file)) {
    throw Failure("it is an HDF5 file, but no log of a run");
  }
  const int64_t version = hdf5::read_integer_attribute(log.file, "format_version");
  if (version > format_version) {
    throw Failure(
        fmt::format("its format version is {}, and this program knows {} and older", version, format_version));
  }
  return log;
}

}  // namespace atelier::runlog
