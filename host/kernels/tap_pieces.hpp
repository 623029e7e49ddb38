// How a weight gradient is cut that is products of what taps meet: a piece is some taps of one group's channels, or one
// tap of some of them, so that the result's lines lie together. Each piece's product packs all of dy, so a piece is not
// made too small.
#pragma once

#include <algorithm>

#include "kernels/image_patches.hpp"
#include "kernels/making.hpp"

namespace atelier::kernels {

class TapPieces {
 public:
  explicit TapPieces(const ConvolutionSpec& spec)
      : all_channels_(spec.group_in_channels()),
        all_taps_(spec.taps()),
        groups_(spec.groups),
        channels_(std::min(all_channels_, lines_per_piece)),
        channel_pieces_(ceil_divide(all_channels_, channels_)),
        taps_(std::clamp(lines_per_piece / channels_, int64_t{1}, ceil_divide(all_taps_, fewest_pieces))),
        tap_pieces_(ceil_divide(all_taps_, taps_)) {}

  [[nodiscard]] int64_t count() const { return groups_ * tap_pieces_ * channel_pieces_; }
  [[nodiscard]] int64_t group_of(int64_t piece) const { return piece / channel_pieces_ / tap_pieces_; }
  [[nodiscard]] TapRange taps_of(int64_t piece) const {
    const int64_t tap = piece / channel_pieces_ % tap_pieces_ * taps_;
    const int64_t channel = piece % channel_pieces_ * channels_;
    return {tap, std::min(all_taps_, tap + taps_), channel, std::min(channels_, all_channels_ - channel)};
  }
  // Of the largest piece: its taps times its channels.
  [[nodiscard]] int64_t most_lines() const { return taps_ * channels_; }
  static int64_t lines_of(const TapRange& taps) { return (taps.last_tap - taps.first_tap) * taps.channels; }

 private:
  static constexpr int64_t lines_per_piece = 256;
  static constexpr int64_t fewest_pieces = 8;

  int64_t all_channels_, all_taps_, groups_;
  int64_t channels_, channel_pieces_, taps_, tap_pieces_;
};

}  // namespace atelier::kernels
