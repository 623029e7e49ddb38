#include "runlog/seal.hpp"

namespace atelier::runlog {

namespace {

void update(Sha256& hash, std::string_view name, const void* data, size_t size) {
  hash.update(name.data(), name.size());
  hash.update("", 1);
  hash.update(data, size);
}

}  // namespace

Sha256::Digest seal_of(const Sha256::Digest& contents, const Sha256::Digest& previous, int64_t step, int64_t sequence) {
  Sha256 hash;
  hash.update(contents.data(), contents.size());
  hash.update(previous.data(), previous.size());
  hash.update(&step, sizeof(step));
  hash.update(&sequence, sizeof(sequence));
  return hash.bytes();
}

void Contents::add(const std::string& path, std::string_view name, const void* data, size_t size) {
  Sha256 hash;
  update(hash, name, data, size);
  items_.push_back({path + "/" + std::string(name), hash.bytes()});
}

void Contents::add(const History& history) {
  Sha256 hash;
  runlog::add(hash, history, false);
  items_.push_back({"history", hash.bytes()});
  previous_ = history.previous;
}

Sha256::Digest Contents::digest() const {
  Sha256 hash;
  for (const Item& item : items_) {
    hash.update(item.digest.data(), item.digest.size());
  }
  return hash.bytes();
}

void EarlierContents::add(std::string_view name, const void* data, size_t size) {
  update(hash_, name, data, size);
}

Sha256::Digest EarlierContents::seal(int64_t step, int64_t sequence) {
  add("step", &step, sizeof(step));
  add("sequence", &sequence, sizeof(sequence));
  return hash_.bytes();
}

}  // namespace atelier::runlog
