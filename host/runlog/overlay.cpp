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
  while (!bytes.empty()) {
    const auto after = pieces_.upper_bound(offset);
    size_t count = bytes.size();
    if (after != pieces_.begin() && end_of(*std::prev(after)) > offset) {
      auto& [place, values] = *std::prev(after);
      const auto begin = static_cast<size_t>(offset - place);
      count = std::min(count, values.size() - begin);
      std::memcpy(values.data() + begin, bytes.data(), count);
    } else {
      count = after == pieces_.end() ? count : std::min<uint64_t>(count, after->first - offset);
      add(after, offset, bytes.first(count));
    }
    offset += count;
    bytes = bytes.subspan(count);
  }
}

// Large pieces stay as they are: to append to one would be to copy it, with both in memory.
void Overlay::add(Pieces::iterator after, uint64_t offset, std::span<const std::byte> bytes) {
  constexpr size_t most_joined = size_t{64} << 10U;
  const auto join = [](std::vector<std::byte>& values, std::span<const std::byte> more) {
    values.insert(values.end(), more.begin(), more.end());
  };
  auto piece = after == pieces_.begin() ? after : std::prev(after);
  if (piece != after && end_of(*piece) == offset && piece->second.size() + bytes.size() <= most_joined) {
    join(piece->second, bytes);
  } else {
    piece = pieces_.emplace_hint(after, offset, std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
  bytes_ += bytes.size();
  if (after != pieces_.end() && end_of(*piece) == after->first &&
      piece->second.size() + after->second.size() <= most_joined) {
    join(piece->second, after->second);
    pieces_.erase(after);
  }
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
