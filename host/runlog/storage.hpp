// Inside this room only: the bytes of a log's file as libhdf5 reads and writes them. What it writes stays in memory
// until commit(), which brings all of it into the file or, whatever ends the process on the way, none: the part of a
// change that lies in the file already goes by way of a journal (journal.hpp). So no file is ever between two flushes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "runlog/journal.hpp"
#include "runlog/overlay.hpp"
#include "runlog/posix_file.hpp"

namespace atelier::runlog {

enum class Access {
  read,
  write,
  rehearsal,  // what is written ends with it
};

// Outlives libhdf5's file on it (hdf5::create_file, hdf5::open_file). What fails is a hdf5::Failure.
class Storage {
 public:
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  // A new file, without a journal until keep_journal(): nobody knows it before it is whole.
  static std::unique_ptr<Storage> create(const std::filesystem::path& path);
  // A file that is nowhere, and ends with it.
  static std::unique_ptr<Storage> in_memory();
  // One that is there, with the change that its journal has and it may not have: made in the file for Access::write, by
  // the holder of the lock, and in memory for the others.
  static std::unique_ptr<Storage> open(const std::filesystem::path& path, Access access);

  // From now on the file is the log of this name, with a journal beside it.
  void keep_journal(const std::filesystem::path& log);
  // Whether the journal had a change that the file may not have had.
  [[nodiscard]] bool was_unfinished() const { return unfinished_size_.has_value(); }

  // Everything that was written is in the file, on the disk.
  void commit();
  // So much is in memory that it should be committed now. Without a journal this does not come about.
  [[nodiscard]] bool is_full() const { return changes_.bytes() >= most_in_memory; }
  // After the last commit: the journal goes. It goes, too, as this ends without, unless it has a change that is not
  // made.
  void close();
  ~Storage();
  // Whether the file has been written since it was opened, so that what was read may be of two moments.
  [[nodiscard]] bool has_changed() const;

  // For the driver.
  void read(uint64_t offset, std::span<std::byte> bytes) const;
  void write(uint64_t offset, std::span<const std::byte> bytes);
  [[nodiscard]] uint64_t size() const;  // of the file with what was written
  void set_end(uint64_t end) { end_ = end; }
  [[nodiscard]] uint64_t end() const { return end_; }
  // What went wrong in a call of libhdf5, which does not always pass that on; commit() throws it.
  void fail(const std::string& reason);
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  static constexpr size_t most_in_memory = size_t{16} << 20U;

  Storage(const std::filesystem::path& path, int flags, Access access);
  explicit Storage(PosixFile file);
  void finish_change();
  void make_room();
  FileChange write_what_is_new();

  std::filesystem::path path_;
  Access access_;
  PosixFile file_;
  uint64_t size_ = 0;  // of the file, as the last commit (or make_room) left it
  uint64_t end_ = 0;   // of what libhdf5 has in it
  Overlay changes_;
  bool is_on_disk_ = true;  // all that is in the file
  std::optional<Journal> journal_;
  uint64_t journal_number_ = 0;              // when it was opened
  std::optional<uint64_t> unfinished_size_;  // of the file after the journal's change
  PosixFile::Stamp stamp_;                   // when it was opened
  std::string failure_;
};

}  // namespace atelier::runlog
