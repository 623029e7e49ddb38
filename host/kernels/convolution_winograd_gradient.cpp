// Weight gradients of float32 by minimal filtering: the transpose of what the forward pass does,
//   dw = Gᵀ ((Bᵀ x B) (A dy Aᵀ)) G,
// where the products of a place are summed over tiles, as one of matrices, before the taps are taken of them.
#include "kernels/convolution_methods.hpp"
#include "kernels/sgemm.hpp"
#include "kernels/winograd.hpp"

namespace atelier::kernels {
namespace {

// Of images and gradients that stand transformed at a time: near to a core, but much more than the sums that are read
// and written for each block.
constexpr int64_t fewest_bytes = 4 << 20, most_bytes = 16 << 20;
constexpr int64_t tiles_per_piece = 16;
constexpr int64_t channels_at_once = 8;  // they lie together, as memory is written best

// Block by block, tiles of the images and of the gradients are transformed, and then multiplied, place by
// place; in the end the sums become taps.
class WinogradWeightGradient : public Kernel {
 public:
  explicit WinogradWeightGradient(const ConvolutionSpec& spec)
      : spec_(spec),
        tiles_(spec),
        in_(spec.in_channels, winograd_lanes),
        out_(spec.out_channels, winograd_lanes),
        filters_(winograd_filters(spec)),
        channels_(divisor_up_to(channels_at_once, spec.in_channels)) {
    const auto bytes = static_cast<int64_t>(sizeof(float));
    const int64_t tile_bytes = tiles_.places() * (tiles_.channels() + spec.out_channels) * bytes;
    const int64_t sum_bytes = tiles_.places() * sums_apart() * bytes;
    const int64_t most_tiles = std::clamp(4 * sum_bytes, fewest_bytes, most_bytes) / tile_bytes;
    blocks_ = ceil_divide(tiles_.count(), std::max<int64_t>(1, most_tiles));
    block_tiles_ = ceil_divide(tiles_.count(), blocks_);
  }

  [[nodiscard]] int64_t phases() const override { return 2 * blocks_ + 1; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    if (phase == 2 * blocks_) {
      return tiles_.phases() * pieces_of_filters();
    }
    return phase % 2 == 0 ? ceil_divide(block_tiles_, tiles_per_piece) : tiles_.places();
  }
  [[nodiscard]] size_t workspace_bytes() const override {
    return static_cast<size_t>(tiles_.places() * (images_apart() + gradients_apart() + sums_apart())) * sizeof(float);
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(tiles_.taps() * tiles_.taps() * out_.width()) * sizeof(float);
  }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    auto* const images = reinterpret_cast<float*>(arguments.workspace);
    float* const gradients = images + tiles_.places() * images_apart();
    float* const sums = gradients + tiles_.places() * gradients_apart();
    if (phase == 2 * blocks_) {
      take_taps(piece, sums, static_cast<float*>(arguments.outputs[0]), reinterpret_cast<float*>(arguments.scratch));
    } else if (phase % 2 == 1) {
      multiply_place(piece, tiles_of(phase / 2), images, gradients, phase > 1, sums);
    } else {
      const int64_t first = piece * tiles_per_piece;
      for (int64_t row = first; row < std::min(tiles_of(phase / 2), first + tiles_per_piece); ++row) {
        const int64_t tile = phase / 2 * block_tiles_ + row;
        transform_image(tile, row, static_cast<const float*>(arguments.inputs[0]), images);
        transform_gradient(tile, row, static_cast<const float*>(arguments.inputs[1]), gradients);
      }
    }
  }

 private:
  // Of a block; the last one may have fewer.
  [[nodiscard]] int64_t tiles_of(int64_t block) const {
    return std::min(block_tiles_, tiles_.count() - block * block_tiles_);
  }
  // From one place to the next.
  [[nodiscard]] int64_t images_apart() const { return WinogradTiles::apart(block_tiles_ * tiles_.channels()); }
  [[nodiscard]] int64_t gradients_apart() const { return WinogradTiles::apart(block_tiles_ * spec_.out_channels); }
  [[nodiscard]] int64_t sums_apart() const { return WinogradTiles::apart(tiles_.channels() * spec_.out_channels); }
  [[nodiscard]] int64_t pieces_of_filters() const { return spec_.in_channels / channels_; }

  // Panels of all phases of all places, (tiles, width) each.
  [[nodiscard]] int64_t image_panel(int64_t place, int64_t panel) const {
    return place * images_apart() + panel * block_tiles_ * in_.width();
  }
  [[nodiscard]] int64_t gradient_panel(int64_t place, int64_t panel) const {
    return place * gradients_apart() + panel * block_tiles_ * out_.width();
  }

  void transform_image(int64_t tile, int64_t row, const float* x, float* images) const {
    const float* pixels[WinogradTiles::most_places];
    float* places[WinogradTiles::most_places];
    for (int64_t phase = 0; phase < tiles_.phases(); ++phase) {
      tiles_.find_pixels(tile, phase, x, pixels);
      for (int64_t panel = 0; panel < in_.count(); ++panel) {
        for (int64_t place = 0; place < tiles_.places(); ++place) {
          places[place] = images + image_panel(place, phase * in_.count() + panel) + row * in_.width();
        }
        tiles_.transforms().image(pixels, places, in_.width());
        advance(pixels, tiles_.places(), in_.width());
      }
    }
  }

  void transform_gradient(int64_t tile, int64_t row, const float* dy, float* gradients) const {
    constexpr int64_t results = winograd_results * winograd_results;
    const float* pixels[results];
    float* places[WinogradTiles::most_places];
    tiles_.find_results(tile, dy, tiles_.dense_steps(), pixels);
    for (int64_t panel = 0; panel < out_.count(); ++panel) {
      for (int64_t place = 0; place < tiles_.places(); ++place) {
        places[place] = gradients + gradient_panel(place, panel) + row * out_.width();
      }
      tiles_.transforms().result_gradient(pixels, places, out_.width());
      advance(pixels, results, out_.width());
    }
  }

  static void advance(const float** pixels, int64_t count, int64_t elements) {
    for (int64_t i = 0; i < count; ++i) {
      pixels[i] = pixels[i] != nullptr ? pixels[i] + elements : nullptr;
    }
  }

  void multiply_place(int64_t place, int64_t tiles, const float* images, const float* gradients, bool accumulate,
                      float* sums) const {
    for (int64_t in = 0; in < tiles_.phases() * in_.count(); ++in) {
      float* const rows = sums + place * sums_apart() + in * in_.width() * spec_.out_channels;
      for (int64_t out = 0; out < out_.count(); ++out) {
        multiply(true, false, in_.width(), out_.width(), tiles, images + image_panel(place, in), in_.width(),
                 gradients + gradient_panel(place, out), out_.width(), accumulate, rows + out * out_.width(),
                 spec_.out_channels);
      }
    }
  }

  void take_taps(int64_t piece, const float* sums, float* dw, float* rows) const {
    const WinogradFilters& filters = filters_[static_cast<size_t>(piece / pieces_of_filters())];
    const int64_t first = piece % pieces_of_filters() * channels_;
    const float* places[WinogradTiles::most_places];
    float* taps[WinogradTiles::most_taps];
    for (size_t tap = 0; tap < filters.taps.size(); ++tap) {
      const bool is_there = filters.taps[tap] != WinogradFilters::no_tap;
      taps[tap] = is_there ? rows + static_cast<int64_t>(tap) * out_.width() : nullptr;
    }
    for (int64_t panel = 0; panel < out_.count(); ++panel) {
      for (int64_t channel = first; channel < first + channels_; ++channel) {
        for (int64_t place = 0; place < tiles_.places(); ++place) {
          places[place] = sums + place * sums_apart() + (filters.first_channel + channel) * spec_.out_channels +
                          panel * out_.width();
        }
        tiles_.transforms().filter_gradient(places, taps, out_.width());
        float* const to = dw + channel * filters.channel + panel * out_.width() * filters.result;
        for (size_t tap = 0; tap < filters.taps.size(); ++tap) {
          for (int64_t i = 0; taps[tap] != nullptr && i < out_.width(); ++i) {
            to[i * filters.result + filters.taps[tap]] = taps[tap][i];
          }
        }
      }
    }
  }

  ConvolutionSpec spec_;
  WinogradTiles tiles_;
  Panels in_, out_;  // channels of a phase, and of the result
  std::vector<WinogradFilters> filters_;
  int64_t channels_;  // of a piece that takes taps
  int64_t blocks_, block_tiles_;
};

}  // namespace

std::unique_ptr<Kernel> make_winograd_weight_gradient(const ConvolutionSpec& spec) {
  return std::make_unique<WinogradWeightGradient>(spec);
}

}  // namespace atelier::kernels
