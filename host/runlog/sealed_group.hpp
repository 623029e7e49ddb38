// Inside this room only: groups that are written as a whole (checkpoint slots, best, final and foreign weights) and
// that count only when sealed. A sealed group's attributes are its seal: step, sequence (0 while it is not valid) and
// the SHA-256 of all that it holds. They are of fixed size, so that renewing them moves nothing in the file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sha256.hpp"
#include "runlog/description.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/history.hpp"
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
  void seal(int64_t step, int64_t sequence);

 private:
  hdf5::Handle group_;
  Sha256 hash_;
};

int64_t read_sequence(hid_t group);
Sha256::Digest read_seal(hid_t group);  // the hash; zeros where the group holds nothing

class SealedReader {
 public:
  explicit SealedReader(hdf5::Handle group);
  [[nodiscard]] int64_t step() const { return step_; }
  [[nodiscard]] int64_t sequence() const { return sequence_; }  // 0 where the group holds nothing
  // Throws hdf5::Failure where the group has other arrays, or they other shapes or types.
  std::vector<NamedTensor> arrays(const std::string& path, const std::vector<Entry>& entries);
  template <typename T>
  std::map<std::string, T> scalars(const std::string& path, const std::vector<std::string>& names);
  std::optional<History> history(const RunDescription& description);  // none in logs of earlier versions
  // Whether the hash of what was read is the seal's. Call once, at the end.
  bool verify();
  // Instead of it, where some of it was dropped: what was read is what the group is to hold from now on.
  void renew_seal();

 private:
  hdf5::Handle group_;
  int64_t step_;
  int64_t sequence_;
  Sha256 hash_;
};

}  // namespace atelier::runlog
