// Inside this room only: the hash that a sealed group counts by. It is over the hashes of what the group holds, so that
// something can go from it and leave its hash; and over the hash of the checkpoint that was kept before, so that each
// proves all that went before it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.hpp"
#include "runlog/history.hpp"

namespace atelier::runlog {

Sha256::Digest seal_of(const Sha256::Digest& contents, const Sha256::Digest& previous, int64_t step, int64_t sequence);

// What a group holds, as it comes.
class Contents {
 public:
  struct Item {
    std::string path;  // "optimizer/critic.0.weight.m", "history"; "" of what is gone
    Sha256::Digest digest{};
  };

  void add(const std::string& path, std::string_view name, const void* data, size_t size);
  void add(const History& history);
  void add_gone(const Sha256::Digest& digest) { items_.push_back({"", digest}); }
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] Sha256::Digest digest() const;
  [[nodiscard]] Sha256::Digest seal(int64_t step, int64_t sequence) const {
    return seal_of(digest(), previous_, step, sequence);
  }

 private:
  std::vector<Item> items_;
  Sha256::Digest previous_{};
};

// In logs of earlier versions it was over all of it at once.
class EarlierContents {
 public:
  void add(std::string_view name, const void* data, size_t size);
  void add(const History& history) { runlog::add(hash_, history, true); }
  [[nodiscard]] Sha256::Digest seal(int64_t step, int64_t sequence);

 private:
  Sha256 hash_;
};

}  // namespace atelier::runlog
