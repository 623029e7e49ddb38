#include "runlog/journal.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>

#include "base/sha256.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/path.hpp"

namespace atelier::runlog {

namespace {

constexpr std::array<char, 8> signature{'A', 't', 'e', 'l', 'J', 'n', 'l', '1'};
constexpr size_t digest_size = 64;

// The file: this, then `bytes` bytes: how long the log is afterwards, the pieces, each as its place, its length and
// itself, and the hash of all that. Numbers are as this machine has them: a journal does not leave it.
struct Header {
  std::array<char, 8> signature{};
  uint64_t number = 0;
  uint64_t bytes = 0;                         // 0 where nothing is pending
  uint64_t looked_at = 0;                     // so much of the log, for:
  std::array<char, digest_size> unchanged{};  // the hash of what the change leaves alone, which tells a log from others
};

std::span<const std::byte> bytes_of_object(const auto& value) {
  return std::as_bytes(std::span(&value, 1));
}

Header read_header(const PosixFile& file) {
  Header header;
  const size_t got = file.read(0, std::as_writable_bytes(std::span(&header, 1)));
  return got == sizeof header && header.signature == signature ? header : Header{};
}

void add(Sha256& hash, const Header& header) {
  hash.update(&header, sizeof header);
}

// Takes numbers and pieces off the front; nullopt where there are not enough bytes.
class Taker {
 public:
  explicit Taker(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::optional<std::span<const std::byte>> take(uint64_t count) {
    if (count > bytes_.size()) {
      return std::nullopt;
    }
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::optional<uint64_t> number() {
    uint64_t value = 0;
    const auto bytes = take(sizeof value);
    if (!bytes) {
      return std::nullopt;
    }
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
  }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
};

std::optional<JournalEntry::Pending> parse(std::span<const std::byte> body, uint64_t file_size) {
  Taker taker(body);
  JournalEntry::Pending pending;
  const auto size = taker.number();
  if (!size || *size > file_size) {
    return std::nullopt;
  }
  pending.size = *size;
  while (!taker.empty()) {
    const auto offset = taker.number();
    const auto length = offset ? taker.number() : std::nullopt;
    const auto bytes = length ? taker.take(*length) : std::nullopt;
    if (!bytes || *offset > file_size || *length > file_size - *offset) {
      return std::nullopt;
    }
    pending.pieces.write(*offset, *bytes);
  }
  return pending;
}

// nullopt where the change is not whole.
std::optional<JournalEntry::Pending> read_pending(const PosixFile& file, const Header& header,
                                                  const PosixFile& log_file) {
  // A change is within the log, in pieces of a byte at least.
  const uint64_t most = (2 * sizeof(uint64_t) + 1) * log_file.size() + sizeof(uint64_t) + digest_size;
  if (header.bytes < digest_size || header.bytes > std::min(file.size(), most)) {
    return std::nullopt;
  }
  std::vector<std::byte> body(header.bytes);
  if (file.read(sizeof header, body) != body.size()) {
    return std::nullopt;
  }
  const auto content = std::span(body).first(body.size() - digest_size);
  Sha256 hash;
  add(hash, header);
  hash.update(content.data(), content.size());
  const std::string digest = hash.digest();
  if (std::memcmp(digest.data(), body.data() + content.size(), digest_size) != 0) {
    return std::nullopt;
  }
  return parse(content, log_file.size());  // as it is after the change has been begun, which made it long enough
}

// Of a log as long as this, with the change in the place of what it changes: the same before, between and after. Not of
// every byte, since a log is long; of enough of them, from its beginning to its end.
std::array<char, digest_size> hash_of_unchanged(const PosixFile& log_file, uint64_t length, const Overlay& change) {
  constexpr uint64_t windows = 64, window = 1024;
  std::array<std::byte, window> bytes{};
  Sha256 hash;
  for (uint64_t i = 0; i < windows; ++i) {
    const uint64_t offset = length / windows * i;
    const auto wanted = std::span(bytes).first(std::min(window, length - offset));
    std::ranges::fill(wanted, std::byte{0});
    log_file.read(offset, wanted);
    change.cover(offset, wanted);
    hash.update(wanted.data(), wanted.size());
  }
  std::array<char, digest_size> out{};
  const std::string digest = hash.digest();
  std::ranges::copy(digest, out.begin());
  return out;
}

JournalEntry read_entry(const PosixFile& file, const PosixFile& log_file) {
  constexpr int tries = 100;
  for (int number = 1;; ++number) {
    const Header header = read_header(file);
    JournalEntry entry{header.number, read_pending(file, header, log_file)};
    const bool changed = read_header(file).number != header.number;  // the writer has begun another one meanwhile
    if (changed && number < tries) {
      continue;
    }
    if (!changed && entry.pending &&
        hash_of_unchanged(log_file, header.looked_at, entry.pending->pieces) != header.unchanged) {
      if (read_header(file).number != header.number && number < tries) {
        continue;
      }
      throw hdf5::Failure("the journal beside it is of another log");
    }
    return entry;
  }
}

// None where there is none; where it cannot be read, what it has would be missed.
PosixFile open_to_read(const std::filesystem::path& path) {
  const int opened = PosixFile::open_itself(path, O_RDONLY);
  const int reason = errno;
  PosixFile file = PosixFile::of(opened);
  if (opened < 0 && reason != ENOENT) {
    throw hdf5::Failure(fmt::format("its journal, {}: {}", path.string(), std::strerror(reason)));
  }
  if (opened >= 0 && !PosixFile::is_regular(opened)) {
    throw hdf5::Failure(fmt::format("{} is something else than a journal", path.string()));
  }
  return file;
}

uint64_t random_number() {
  std::random_device source;
  return uint64_t{source()} << 31U | source() | 1U;
}

}  // namespace

std::filesystem::path journal_path(const std::filesystem::path& log) {
  return beside(log, ".journal");
}

JournalEntry read_journal(const std::filesystem::path& log, const PosixFile& log_file) {
  const PosixFile file = open_to_read(journal_path(log));
  return file.is_open() ? read_entry(file, log_file) : JournalEntry{};
}

uint64_t read_journal_number(const std::filesystem::path& log) {
  const PosixFile file = open_to_read(journal_path(log));
  return file.is_open() ? read_header(file).number : 0;
}

// The first number is anyone's, so that a journal that is made anew is not taken for the one before.
Journal::Journal(const std::filesystem::path& log) : path_(journal_path(log)) {
  const int opened = PosixFile::open_itself(path_, O_RDWR | O_CREAT);
  const int reason = errno;
  file_ = PosixFile::of(opened);
  if (opened < 0 && reason != ELOOP) {
    throw hdf5::Failure(fmt::format("its journal, {}: {}", path_.string(), std::strerror(reason)));
  }
  if (opened < 0 || !PosixFile::is_own(opened)) {
    throw hdf5::Failure(fmt::format(
        "its journal, {}, is a link, or has another name too; hint: put a copy in its place", path_.string()));
  }
  const Header header = read_header(file_);
  pending_ = header.bytes > 0;
  number_ = header.number == 0 ? random_number() : header.number;
  if (header.number == 0) {
    sync_folder(path_.parent_path());
  }
}

JournalEntry Journal::entry(const PosixFile& log_file) const {
  return read_entry(file_, log_file);
}

// The header names the change once the rest is there.
void Journal::begin(const FileChange& change, const Overlay& all, const PosixFile& log_file) {
  pending_ = true;
  Header header{signature, number_ + 1, sizeof change.size + digest_size, std::min(log_file.size(), change.size), {}};
  for (const FileChange::Piece& piece : change.pieces) {
    header.bytes += 2 * sizeof(uint64_t) + piece.bytes.size();
  }
  header.unchanged = hash_of_unchanged(log_file, header.looked_at, all);
  Sha256 hash;
  add(hash, header);
  uint64_t place = sizeof header;
  const auto put = [&](std::span<const std::byte> bytes) {
    file_.write(place, bytes);
    hash.update(bytes.data(), bytes.size());
    place += bytes.size();
  };
  put(bytes_of_object(change.size));
  for (const FileChange::Piece& piece : change.pieces) {
    const std::array<uint64_t, 2> numbers{piece.offset, piece.bytes.size()};
    put(bytes_of_object(numbers));
    put(piece.bytes);
  }
  const std::string digest = hash.digest();
  file_.write(place, std::as_bytes(std::span(digest)));
  file_.write(0, bytes_of_object(header));
  file_.sync();
  number_ = header.number;
}

void Journal::done() {
  constexpr uint64_t none = 0;
  file_.write(offsetof(Header, bytes), bytes_of_object(none));
  pending_ = false;
}

void Journal::remove() {
  file_.close();
  if (unlink(path_.c_str()) != 0 && errno != ENOENT) {
    throw hdf5::Failure("its journal: " + std::string(std::strerror(errno)));
  }
}

}  // namespace atelier::runlog
