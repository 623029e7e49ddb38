#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "runlog/journal.hpp"
#include "runlog/overlay.hpp"
#include "runlog/repair.hpp"
#include "runlog/storage.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;

namespace {

std::vector<std::byte> bytes(const std::string& text) {
  const auto all = std::as_bytes(std::span(text));
  return {all.begin(), all.end()};
}

std::string text(const std::vector<std::byte>& all) {
  std::string out(all.size(), ' ');
  std::memcpy(out.data(), all.data(), all.size());
  return out;
}

std::filesystem::path finished_log(const example::Folder& folder, const std::string& name, int64_t steps) {
  RunDescription description = example::description();
  description.run_id = name;
  Writer log = Writer::create(folder / (name + ".h5"), description);
  example::write_steps(log, 0, steps);
  example::finish(log, steps);
  return folder / (name + ".h5");
}

// Leaves a change of the log's last bytes in its journal, as a writer that ends before it makes it.
void leave_change(const std::filesystem::path& log) {
  PosixFile file(log, O_RDWR);
  const auto change = bytes("the end");
  Overlay all;
  all.write(file.size() - change.size(), change);
  Journal journal(log);
  journal.begin({{{file.size() - change.size(), change}}, file.size()}, all, file);
}

std::string reading(const std::filesystem::path& log) {
  return example::message_of([&] { (void)Reader(log); });
}

}  // namespace

TEST_CASE("an overlay has what was written last, in pieces that don't overlap") {
  Overlay overlay;
  overlay.write(10, bytes("abcdef"));
  overlay.write(20, bytes("uvw"));
  overlay.write(13, bytes("XYZ12"));  // past the first one's end
  CHECK(overlay.pieces().size() == 2);
  CHECK(text(overlay.pieces().at(10)) == "abcXYZ12");
  overlay.write(18, bytes("--"));  // between both
  CHECK(overlay.pieces().size() == 1);
  CHECK(text(overlay.pieces().at(10)) == "abcXYZ12--uvw");
  overlay.write(8, bytes("<<<"));
  CHECK(text(overlay.pieces().at(8)) == "<<<bcXYZ12--uvw");
  overlay.write(0, bytes("far"));
  CHECK(overlay.pieces().size() == 2);
  CHECK(overlay.end() == 23);
  std::vector<std::byte> read = bytes("......................");
  overlay.cover(1, read);
  CHECK(text(read) == "ar.....<<<bcXYZ12--uvw");
}

TEST_CASE("large pieces of an overlay stay where they are, whatever is written beside them and over them") {
  Overlay overlay;
  const std::vector<std::byte> large(size_t{1} << 20U, std::byte{'l'});
  overlay.write(100, large);
  const std::byte* const there = overlay.pieces().at(100).data();
  overlay.write(100 + large.size(), large);
  overlay.write(98, bytes("<<o"));
  overlay.write(99 + large.size(), bytes("ver"));
  CHECK(overlay.pieces().at(100).data() == there);
  CHECK(overlay.bytes() == 2 + 2 * large.size());
  CHECK(overlay.end() == 100 + 2 * large.size());
  std::vector<std::byte> read = bytes("....");
  overlay.cover(98, read);
  CHECK(text(read) == "<<ol");
  overlay.cover(98 + large.size(), read);
  CHECK(text(read) == "lver");
  overlay.clear();
  CHECK(overlay.bytes() == 0);
  CHECK(overlay.end() == 0);
}

TEST_CASE("an overlay of many writes has what memory has") {
  for (const size_t scale : {1, 1000}) {  // pieces become one, or are too large for it
    Overlay overlay;
    std::vector<std::byte> memory(4000 * scale, std::byte{'.'});
    uint64_t state = 1;
    const auto below = [&](uint64_t limit) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      return static_cast<size_t>((state >> 33U) % limit);
    };
    for (int i = 0; i < 1000; ++i) {
      const size_t offset = below(memory.size());
      const size_t count = below(std::min(memory.size() - offset, 90 * scale) + 1);
      const std::vector<std::byte> written(count, static_cast<std::byte>('a' + below(26)));
      overlay.write(offset, written);
      std::ranges::copy(written, memory.begin() + static_cast<std::ptrdiff_t>(offset));
      if (i == 20 || i == 999) {
        std::vector<std::byte> read(memory.size(), std::byte{'.'});
        overlay.cover(0, read);
        CHECK(std::ranges::equal(read, memory));
        const auto there = std::ranges::count_if(memory, [](std::byte value) { return value != std::byte{'.'}; });
        CHECK(overlay.bytes() == static_cast<size_t>(there));
      }
    }
  }
}

TEST_CASE("a change that was begun and not made is there for readers, and repair makes it") {
  const example::Folder folder;
  const std::filesystem::path log = finished_log(folder, "mine", 20);
  const std::string before = example::bytes_of(log);
  leave_change(log);
  CHECK(example::bytes_of(log) == before);
  const auto read = Storage::open(log, Access::read);
  std::vector<std::byte> last(7);
  read->read(before.size() - 7, last);
  CHECK(text(last) == "the end");
  CHECK(repair(log));
  CHECK(read->has_changed());
  CHECK(example::bytes_of(log) == before.substr(0, before.size() - 7) + "the end");
  CHECK_FALSE(std::filesystem::exists(journal_path(log)));
  CHECK_FALSE(repair(log));
}

TEST_CASE("the journal of another log is refused, by readers and writers, and kept") {
  const example::Folder folder;
  const std::filesystem::path mine = finished_log(folder, "mine", 40), other = finished_log(folder, "other", 41);
  leave_change(mine);
  std::filesystem::rename(journal_path(mine), journal_path(other));
  const std::string before = example::bytes_of(other);
  const std::string problem = "the journal beside it is of another log";
  CHECK(reading(other) == other.string() + ": cannot be read: " + problem);
  CHECK(example::message_of([&] { repair(other); }) == other.string() + ": cannot be repaired: " + problem);
  CHECK(example::bytes_of(other) == before);
  CHECK(std::filesystem::exists(journal_path(other)));
}

TEST_CASE("a journal that is cut, changed or rubbish has no change, and reads nothing that is not there") {
  const example::Folder folder;
  const std::filesystem::path log = finished_log(folder, "mine", 20);
  leave_change(log);
  const std::string whole = example::bytes_of(journal_path(log));
  const auto with = [&](const std::string& content) {
    std::ofstream(journal_path(log), std::ios::binary) << content;
    return read_journal(log, PosixFile(log, O_RDONLY));
  };
  CHECK(with(whole).pending);
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(with(whole.substr(0, size)).pending);
  }
  for (size_t place = 16; place < whole.size(); ++place) {  // after the signature and the number, which is in the hash
    std::string changed = whole;
    changed[place] = static_cast<char>(changed[place] ^ 0x55);
    CAPTURE(place);
    CHECK_FALSE(with(changed).pending);
  }
  CHECK_FALSE(with(whole.substr(0, 8) + std::string(500, '\xff')).pending);
  CHECK(reading(log) == "no error");
}

TEST_CASE("a journal that is no file of its own is not passed over") {
  const example::Folder folder;
  const std::filesystem::path log = finished_log(folder, "mine", 20);
  leave_change(log);
  std::filesystem::create_hard_link(journal_path(log), folder / "backup");
  CHECK(read_journal(log, PosixFile(log, O_RDONLY)).pending);
  CHECK(example::message_of([&] { repair(log); }).find("is a link, or has another name too") != std::string::npos);
  std::filesystem::remove(journal_path(log));
  std::filesystem::create_symlink("backup", journal_path(log));
  CHECK(reading(log).find("its journal, ") != std::string::npos);
  CHECK(std::filesystem::exists(folder / "backup"));
}

TEST_CASE("who reads a log notices that a whole run has gone on meanwhile") {
  const example::Folder folder;
  const std::filesystem::path log = folder / "log.h5";
  {
    Writer first = Writer::create(log, example::description());
    example::write_steps(first, 0, 60);
  }
  const Reader reader(log);
  CHECK(reader.newest_checkpoint()->step == 50);
  {
    Writer second = Writer::reopen(log, 50);
    example::write_steps(second, 50, 310);
    example::finish(second, 310);
  }
  CHECK(reader.newest_checkpoint()->step == 300);
  CHECK(reader.sample_steps("grey").size() == 3);
  CHECK(reader.samples("grey", 2).pixels == example::pixels(300, 60));
}

TEST_CASE("a writer that fails leaves no empty journal") {
  const example::Folder folder;
  const std::filesystem::path log = finished_log(folder, "mine", 60);
  CHECK(example::message_of([&] { Writer::reopen(log, 50, 1); }).find("another process has gone on") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(journal_path(log)));
}
