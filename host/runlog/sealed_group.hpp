// Inside this room only: groups that are written as a whole (checkpoint slots, best, final and foreign weights) and
// that count only when sealed. A sealed group's attributes are its seal: step, sequence (0 while it is not valid), the
// SHA-256 of all that it holds, and of that and the others (seal.hpp). They are of fixed size, so that renewing them
// moves nothing in the file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/dropped.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/seal.hpp"
#include "runlog/weights.hpp"

namespace atelier::runlog {

// Makes the group with a broken seal; the others make a group of datasets in it.
hdf5::Handle make_sealed_group(hid_t file, const std::string& path);
void make_arrays(hid_t parent, const std::string& path, const std::vector<Entry>& entries);
template <typename T>
void make_scalars(hid_t parent, const std::string& path, const std::vector<std::string>& names);

// What a caller wants to write against what was declared; Error(internal). Before a SealedWriter breaks the seal.
void check_arrays(const std::string& path, const std::vector<Entry>& entries, std::span<const ArrayView> views);
template <typename T>
void check_scalars(const std::string& path, const std::vector<std::string>& names,
                   const std::map<std::string, T>& values);

// A writer breaks the seal, writes everything, and seals: what a failure leaves half-way is not taken for a whole. A
// reader reads in the same order and verifies at the end.
class SealedWriter {
 public:
  explicit SealedWriter(hdf5::Handle group);  // breaks the seal
  void arrays(const std::string& path, std::span<const ArrayView> views);
  template <typename T>
  void scalars(const std::string& path, const std::vector<std::string>& names, const std::map<std::string, T>& values);
  void history(const History& history);
  void seal(int64_t step, int64_t sequence) { seal_again(contents_, step, sequence); }
  // By what a reader has found in it.
  void seal_again(const Contents& contents, int64_t step, int64_t sequence);

 private:
  hdf5::Handle group_;
  Contents contents_;
};

int64_t read_sequence(hid_t group);
Sha256::Digest read_seal(hid_t group);  // the hash; zeros where the group holds nothing
Sha256::Digest read_contents_hash(hid_t group);
bool is_of_earlier_version(
    hid_t group);  // its seal is of all that it holds at once, and covers no rows as they are now

class SealedReader {
 public:
  // `seal`: of a group that was dropped, all but its arrays.
  explicit SealedReader(hdf5::Handle group, const std::optional<DroppedSeal>& seal = {});
  [[nodiscard]] int64_t step() const { return step_; }
  [[nodiscard]] int64_t sequence() const { return sequence_; }  // 0 where the group holds nothing
  // Throws hdf5::Failure where the group has other arrays, or they other shapes or types.
  std::vector<NamedTensor> arrays(const std::string& path, const std::vector<Entry>& entries);
  template <typename T>
  std::map<std::string, T> scalars(const std::string& path, const std::vector<std::string>& names);
  std::optional<History> history(const RunDescription& description);  // none in logs of earlier versions
  // Whether the hash of what was read, and of what is gone, is the seal's. Call once, at the end.
  bool verify();
  [[nodiscard]] const Contents& contents() const { return contents_; }

 private:
  void add(const std::string& path, const std::string& name, const void* data, size_t size);
  void pass_dropped();

  hdf5::Handle group_;
  int64_t step_;
  int64_t sequence_;
  std::vector<DroppedItem> dropped_;
  size_t passed_ = 0;  // of these
  Contents contents_;
  std::optional<EarlierContents> earlier_;  // of a log of an earlier version
};

}  // namespace atelier::runlog
