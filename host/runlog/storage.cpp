#include "runlog/storage.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runlog/hdf5.hpp"

namespace atelier::runlog {

Storage::Storage(const std::filesystem::path& path, int flags, Access access)
    : path_(path), access_(access), file_(path, flags), size_(file_.size()) {}

Storage::Storage(PosixFile file) : access_(Access::write), file_(std::move(file)) {}

std::unique_ptr<Storage> Storage::in_memory() {
  const int descriptor = memfd_create("log", MFD_CLOEXEC);
  if (descriptor < 0) {
    throw hdf5::Failure(std::strerror(errno));
  }
  return std::unique_ptr<Storage>(new Storage(PosixFile::of(descriptor)));
}

std::unique_ptr<Storage> Storage::create(const std::filesystem::path& path) {
  return std::unique_ptr<Storage>(new Storage(path, O_RDWR | O_CREAT | O_EXCL, Access::write));
}

std::unique_ptr<Storage> Storage::open(const std::filesystem::path& path, Access access) {
  std::unique_ptr<Storage> storage(new Storage(path, access == Access::write ? O_RDWR : O_RDONLY, access));
  if (access == Access::write) {
    storage->keep_journal(path);
  }
  // The journal before the file: of a change that is begun later, nothing is in the file that was there before.
  storage->stamp_ = storage->file_.stamp();
  JournalEntry entry =
      storage->journal_ ? storage->journal_->entry(storage->file_) : read_journal(path, storage->file_);
  storage->size_ = storage->file_.size();
  storage->journal_number_ = entry.number;
  if (entry.pending) {
    storage->changes_ = std::move(entry.pending->pieces);
    storage->unfinished_size_ = entry.pending->size;
  }
  if (access == Access::write) {
    storage->finish_change();
  }
  return storage;
}

Storage::~Storage() {
  if (journal_ && !journal_->is_pending()) {
    try {
      journal_->remove();
    } catch (const hdf5::Failure&) {
      // It says nothing that the next writer could not read.
    }
  }
}

void Storage::keep_journal(const std::filesystem::path& log) {
  path_ = log;
  journal_.emplace(log);
}

void Storage::finish_change() {
  if (unfinished_size_) {
    for (const auto& [offset, bytes] : changes_.pieces()) {
      file_.write(offset, bytes);
    }
    file_.resize(*unfinished_size_);
    file_.sync();
    size_ = *unfinished_size_;
    changes_.clear();
  }
  journal_->done();  // whatever it has beside is not whole
}

void Storage::read(uint64_t offset, std::span<std::byte> bytes) const {
  const size_t there = offset < size_ ? std::min<uint64_t>(bytes.size(), size_ - offset) : 0;
  const size_t got = file_.read(offset, bytes.first(there));
  std::ranges::fill(bytes.subspan(got), std::byte{0});
  changes_.cover(offset, bytes);
}

void Storage::write(uint64_t offset, std::span<const std::byte> bytes) {
  changes_.write(offset, bytes);
  if (!journal_ && access_ == Access::write && is_full()) {
    make_room();
  }
}

// Of a file that nobody knows yet, any state will do, until it is committed.
void Storage::make_room() {
  is_on_disk_ = false;
  for (const auto& [offset, piece] : changes_.pieces()) {
    file_.write(offset, piece);
  }
  size_ = size();
  changes_.clear();
}

uint64_t Storage::size() const {
  return std::max(size_, changes_.end());
}

void Storage::fail(const std::string& reason) {
  if (failure_.empty()) {
    failure_ = reason;
  }
}

// What lies beyond the file's end is nothing to anybody until the rest leads there. Returns the rest.
FileChange Storage::write_what_is_new() {
  FileChange rest{{}, end_};
  for (const auto& [offset, bytes] : changes_.pieces()) {
    const uint64_t old = offset < size_ ? std::min<uint64_t>(bytes.size(), size_ - offset) : 0;
    if (old > 0) {
      rest.pieces.push_back({offset, std::span(bytes).first(old)});
    }
    if (old < bytes.size()) {
      file_.write(offset + old, std::span(bytes).subspan(old));
      is_on_disk_ = false;
    }
  }
  if (!is_on_disk_ || end_ > size_) {
    file_.sync();
    is_on_disk_ = true;
  }
  return rest;
}

void Storage::commit() {
  if (!failure_.empty()) {
    throw hdf5::Failure(failure_);
  }
  if (!file_.has_a_name()) {
    throw hdf5::Failure("the file has been removed");
  }
  if (changes_.pieces().empty() && end_ == size_ && is_on_disk_) {
    return;
  }
  file_.reserve(size_, end_);
  const FileChange rest = write_what_is_new();
  if (journal_) {
    journal_->begin(rest, changes_, file_);
  }
  for (const FileChange::Piece& piece : rest.pieces) {
    file_.write(piece.offset, piece.bytes);
  }
  if (end_ < size()) {
    file_.resize(end_);
  }
  file_.sync();
  if (journal_) {
    journal_->done();
  }
  size_ = end_;
  changes_.clear();
}

void Storage::close() {
  file_.close();
  if (journal_) {
    journal_->remove();
    journal_.reset();
  }
}

bool Storage::has_changed() const {
  return read_journal_number(path_) != journal_number_ || file_.stamp() != stamp_;
}

}  // namespace atelier::runlog
