// Inside this room only: the log's structure, made from a description and read back as one.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/storage.hpp"

namespace atelier::runlog {

inline constexpr const char* format_name = "atelier-log";
inline constexpr int64_t format_version = 1;

struct OpenLogFile {
  std::unique_ptr<Storage> storage;
  hdf5::Handle file;  // ends first
};

// Any HDF5 file, and whether it is a log of ours. Throws hdf5::Failure.
OpenLogFile open_hdf5(const std::filesystem::path& path, Access access);
bool is_log(hid_t file);
// Opens a log and looks whether it is one that we can read. Throws hdf5::Failure.
OpenLogFile open_log(const std::filesystem::path& path, Access access);
std::string foreign_path(size_t index);
// Weights that are the newest checkpoint's, in slot a: the same datasets under two names.
struct SharedWeights {
  bool best = false;
  bool final = false;
};
void make_layout(hid_t file, const RunDescription& description, const SharedWeights& shared = {});
// What a log of an earlier version lacks.
void complete_layout(hid_t file);
RunDescription read_description(hid_t file);

void write_changes(hid_t file, const std::vector<Change>& changes);
void write_status(hid_t file, Status status, const std::string& exit_reason);
Status read_status(hid_t file);

}  // namespace atelier::runlog
