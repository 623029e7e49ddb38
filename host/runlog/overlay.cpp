#include "runlog/overlay.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace atelier::runlog {

namespace {

uint64_t end_of(const Overlay::Pieces::value_type& piece) {
  return piece.first + piece.second.size();
}

}  // namespace

void Overlay::write(uint64_t offset, std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return;
  }
  const uint64_t end = offset + bytes.size();
  auto after = pieces_.upper_bound(offset);
  const bool goes_on = after != pieces_.begin() && end_of(*std::prev(after)) >= offset;
  const auto piece = goes_on ? std::prev(after) : pieces_.emplace_hint(after, offset, std::vector<std::byte>{});
  std::vector<std::byte>& values = piece->second;
  bytes_ -= values.size();
  const auto begin = static_cast<size_t>(offset - piece->first);
  values.resize(std::max(values.size(), begin + bytes.size()));
  // What followed and is reached now ends in this piece.
  while (after != pieces_.end() && after->first <= end) {
    if (end_of(*after) > end) {
      const std::vector<std::byte>& rest = after->second;
      values.insert(values.end(), rest.begin() + static_cast<std::ptrdiff_t>(end - after->first), rest.end());
    }
    bytes_ -= after->second.size();
    after = pieces_.erase(after);
  }
  bytes_ += values.size();
  std::memcpy(values.data() + begin, bytes.data(), bytes.size());
}

void Overlay::cover(uint64_t offset, std::span<std::byte> bytes) const {
  const uint64_t end = offset + bytes.size();
  auto piece = pieces_.upper_bound(offset);
  if (piece != pieces_.begin()) {
    --piece;
  }
  for (; piece != pieces_.end() && piece->first < end; ++piece) {
    const uint64_t from = std::max(offset, piece->first);
    const uint64_t to = std::min(end, end_of(*piece));
    if (from < to) {
      std::memcpy(bytes.data() + (from - offset), piece->second.data() + (from - piece->first), to - from);
    }
  }
}

void Overlay::clear() {
  pieces_.clear();
  bytes_ = 0;
}

uint64_t Overlay::end() const {
  return pieces_.empty() ? 0 : end_of(*pieces_.rbegin());
}

}  // namespace atelier::runlog
