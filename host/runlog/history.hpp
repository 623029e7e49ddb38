// Inside this room only: hashes over what was logged, so that what is changed afterwards is found out. Every checkpoint
// that is written says, of all that the log had by then, what its hashes were. Equal runs have equal ones: times and
// ids do not go into them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/sha256.hpp"
#include "runlog/description.hpp"
#include "runlog/hdf5.hpp"

namespace atelier::runlog {

// Over the rows of one series, in their order: each row is hashed after the hash over all before it. So rows can go
// from the beginning, where the hash over them stays.
class RowsHash {
 public:
  RowsHash() = default;
  RowsHash(int64_t rows, const Sha256::Digest& digest) : before_(digest), rows_(rows) {}  // that are gone
  void begin(int64_t step);  // of a row, whose values follow
  void add(const void* values, size_t bytes) { hash_.update(values, bytes); }
  void add(const std::string& text);
  [[nodiscard]] int64_t rows() const { return rows_; }
  [[nodiscard]] Sha256::Digest digest() const { return open_ ? hash_.bytes() : before_; }

 private:
  Sha256::Digest before_{};  // over all rows but the newest
  Sha256 hash_;              // of that, and of the newest
  bool open_ = false;        // whether there is one in it
  int64_t rows_ = 0;
};

// Of each series of a log in turn: its cadences, its samples, its tensors. A checkpoint's history is of the same order.
struct History {
  std::vector<int64_t> rows;            // that it is of
  std::vector<Sha256::Digest> digests;  // over them
  Sha256::Digest previous{}, best{};    // of the checkpoint that was kept before, of the best weights; zeros: none
};
// Digests one after the other, as they are stored.
auto bytes_of_digests(auto& digests) {
  auto* const first = digests.empty() ? nullptr : digests.front().data();
  return std::span(first, digests.size() * std::tuple_size_v<Sha256::Digest>);
}
std::vector<std::string> names_of_series(const RunDescription& description);

void make_history(hid_t group, size_t series);
void write_history(hid_t group, const History& history);  // into a group that may have none yet
// nullopt in logs of earlier versions. Throws hdf5::Failure for one that is of other series.
std::optional<History> read_history(hid_t group, const RunDescription& description);
// `previous` stands by itself in what seals a checkpoint; in logs of earlier versions it is among the rest.
void add(Sha256& hash, const History& history, bool with_previous);

// All that is known before the first step, but for what may be changed later (tags, changes).
Sha256::Digest digest_of(const RunDescription& description);

}  // namespace atelier::runlog
