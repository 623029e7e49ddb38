// Inside this room only: the journal of a log, <log>.journal beside it. Before a flush changes a byte that the log's
// file has already, the whole of the change is here; where the writer ends half-way, the next one makes the change
// again, and a reader sees it made. What fails is a hdf5::Failure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "runlog/overlay.hpp"
#include "runlog/posix_file.hpp"

namespace atelier::runlog {

// A change of the log's file: these bytes, and how long the file is afterwards.
struct FileChange {
  struct Piece {
    uint64_t offset;
    std::span<const std::byte> bytes;
  };
  std::vector<Piece> pieces;
  uint64_t size = 0;
};

// What a journal says.
struct JournalEntry {
  uint64_t number = 0;  // of the last change that it has seen; 0 where there is no journal
  struct Pending {
    Overlay pieces;
    uint64_t size = 0;
  };
  std::optional<Pending> pending;  // begun, and perhaps not made
};

std::filesystem::path journal_path(const std::filesystem::path& log);
// For readers, at any time. `log_file` is looked at for its size, beyond which no change goes, and for whether the
// change is one of this log: that of another one, which has its place, is a Failure.
JournalEntry read_journal(const std::filesystem::path& log, const PosixFile& log_file);
uint64_t read_journal_number(const std::filesystem::path& log);

// The writer's, who holds the log's lock.
class Journal {
 public:
  // Makes it where there is none, on the disk.
  explicit Journal(const std::filesystem::path& log);

  [[nodiscard]] JournalEntry entry(const PosixFile& log_file) const;
  // The change is on the disk when it returns; done() once it has been made. `all` is the
  // change with what is in the log's file already, beyond its old end.
  void begin(const FileChange& change, const Overlay& all, const PosixFile& log_file);
  void done();
  [[nodiscard]] bool is_pending() const { return pending_; }
  void remove();

 private:
  std::filesystem::path path_;
  PosixFile file_;
  uint64_t number_ = 0;
  bool pending_ = false;
};

}  // namespace atelier::runlog
