// Convolutions of float32 by minimal filtering, and their data gradients: one convolution for each phase of the
// strides, without any.
#include "kernels/convolution_methods.hpp"
#include "kernels/convolution_phases.hpp"
#include "kernels/sgemm.hpp"
#include "kernels/winograd.hpp"

namespace atelier::kernels {
namespace {

// Of a pass, where tiles are many. With four a step was up to 1.1 times as fast on one core, and more than four had
// nothing to do (tests/bench/RESULTS.md, Growth).
constexpr int64_t fewest_winograd_pieces = 16;

// One of the convolutions that a pass is made of.
struct WinogradPart {
  WinogradProduct product;
  int64_t first_filter;  // of the packed ones
  int64_t first_result;  // of an image
  WinogradTiles::Steps steps;

  void multiply_panel(int64_t panel, int64_t first, int64_t tiles, int64_t rows, const float* images,
                      const Arguments& arguments, float* products) const {
    product.multiply_panel(panel, first, tiles, rows, images,
                           static_cast<const float*>(arguments.inputs[1]) + first_filter, products,
                           static_cast<float*>(arguments.outputs[0]) + first_result, steps);
  }
};

std::vector<WinogradPart> data_gradient_parts(const ConvolutionSpec& spec) {
  const int64_t row = spec.in_width * spec.in_channels;
  std::vector<WinogradPart> parts;
  int64_t first_filter = 0;
  for (const GradientPhase& phase : gradient_phases(spec)) {
    const WinogradProduct product(phase.spec);
    parts.push_back({product,
                     first_filter,
                     phase.y.offset * row + phase.x.offset * spec.in_channels,
                     {spec.in_height * row, spec.stride_y * row, spec.stride_x * spec.in_channels}});
    first_filter += product.filter_elements();
  }
  return parts;
}

// A piece is some images.
class WinogradByImages : public Kernel {
 public:
  WinogradByImages(std::vector<WinogradPart> parts, int64_t images, int64_t pieces)
      : parts_(std::move(parts)), images_(images), pieces_(pieces) {
    for (const WinogradPart& part : parts_) {
      const int64_t tiles = part.product.tiles_at_once();
      image_elements_ = std::max(image_elements_, part.product.image_elements(tiles));
      product_elements_ = std::max(product_elements_, part.product.product_elements(tiles));
    }
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_; }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(image_elements_ + product_elements_) * sizeof(float);
  }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    const int64_t elements = images_ * parts_.front().steps.image;
    return ElementRange{piece * elements, elements};
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    auto* const images = reinterpret_cast<float*>(arguments.scratch);
    for (const WinogradPart& part : parts_) {
      const int64_t at_once = part.product.tiles_at_once();
      const int64_t tiles = images_ * part.product.tiles().of_image();
      const int64_t last = (piece + 1) * tiles;
      for (int64_t first = piece * tiles; first < last; first += at_once) {
        const int64_t count = std::min(at_once, last - first);
        const int64_t rows = WinogradProduct::rows_of(count);
        for (int64_t row = 0; row < rows; ++row) {
          part.product.transform_image(first + row, row, rows, static_cast<const float*>(arguments.inputs[0]), images);
        }
        for (int64_t panel = 0; panel < part.product.panels().count(); ++panel) {
          part.multiply_panel(panel, first, count, rows, images, arguments, images + image_elements_);
        }
      }
    }
  }

 private:
  std::vector<WinogradPart> parts_;
  int64_t images_;  // of a piece
  int64_t pieces_;
  int64_t image_elements_ = 0, product_elements_ = 0;
};

// Where tiles are few: they are all transformed, and then multiplied, so that filters are read once for many of them. A
// piece of the products is some tiles and a panel of channels.
class WinogradByPanels : public Kernel {
 public:
  explicit WinogradByPanels(std::vector<WinogradPart> parts) : parts_(std::move(parts)) {
    for (const WinogradPart& part : parts_) {
      add_blocks(part);
    }
  }

  [[nodiscard]] int64_t phases() const override { return 2 * static_cast<int64_t>(stages_.size()); }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    const Stage& stage = stages_[static_cast<size_t>(phase / 2)];
    return phase % 2 == 0 ? static_cast<int64_t>(stage.rows.size())
                          : static_cast<int64_t>(stage.blocks.size()) * panels();
  }
  [[nodiscard]] size_t workspace_bytes() const override { return static_cast<size_t>(image_elements_) * sizeof(float); }
  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(product_elements_) * sizeof(float); }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    const Stage& stage = stages_[static_cast<size_t>(phase / 2)];
    auto* const images = reinterpret_cast<float*>(arguments.workspace);
    if (phase % 2 == 0) {
      const Rows& rows = stage.rows[static_cast<size_t>(piece)];
      const Block& block = stage.blocks[rows.block];
      for (int64_t row = rows.first; row < rows.first + product_rows; ++row) {
        block.part->product.transform_image(block.first + row, row, block.rows,
                                            static_cast<const float*>(arguments.inputs[0]), images + block.images);
      }
      return;
    }
    const Block& block = stage.blocks[static_cast<size_t>(piece / panels())];
    block.part->multiply_panel(piece % panels(), block.first, block.tiles, block.rows, images + block.images, arguments,
                               reinterpret_cast<float*>(arguments.scratch));
  }

 private:
  static constexpr int64_t most_stage_elements = 4 << 20;  // transformed, of one stage

  struct Block {  // tiles of a part
    const WinogradPart* part;
    int64_t first, tiles, rows;
    int64_t images;  // where they begin in the workspace
  };
  struct Rows {  // of a block, transformed at once
    size_t block;
    int64_t first;
  };
  struct Stage {  // what the workspace has at one time
    std::vector<Block> blocks;
    std::vector<Rows> rows;
    int64_t image_elements = 0;
  };

  [[nodiscard]] int64_t panels() const { return parts_.front().product.panels().count(); }

  // As many tiles as filters are used well with, or fewer where there would be too few pieces.
  [[nodiscard]] int64_t rows_of_blocks(const WinogradProduct& product) const {
    const int64_t tiles = product.tiles().count();
    const int64_t wanted = ceil_divide(fewest_winograd_pieces, static_cast<int64_t>(parts_.size()) * panels());
    const int64_t blocks = std::max({int64_t{1}, ceil_divide(tiles, WinogradProduct::most_tiles),
                                     std::min(wanted, tiles / WinogradProduct::fewest_tiles)});
    return WinogradProduct::rows_of(ceil_divide(tiles, blocks));
  }

  void add_blocks(const WinogradPart& part) {
    const WinogradProduct& product = part.product;
    const int64_t rows = rows_of_blocks(product);
    const int64_t elements = product.image_elements(rows);
    product_elements_ = std::max(product_elements_, product.product_elements(rows));
    for (int64_t first = 0; first < product.tiles().count(); first += rows) {
      if (stages_.empty() || stages_.back().image_elements + elements > most_stage_elements) {
        stages_.emplace_back();
      }
      Stage& stage = stages_.back();
      for (int64_t row = 0; row < rows; row += product_rows) {
        stage.rows.push_back({stage.blocks.size(), row});
      }
      stage.blocks.push_back(
          {&part, first, std::min(product.tiles().count() - first, rows), rows, stage.image_elements});
      stage.image_elements += elements;
      image_elements_ = std::max(image_elements_, stage.image_elements);
    }
  }

  std::vector<WinogradPart> parts_;
  std::vector<Stage> stages_;
  int64_t image_elements_ = 0, product_elements_ = 0;
};

// Images of a piece: as many as have as many tiles as are taken at once, where enough pieces are left, else fewer.
std::unique_ptr<Kernel> make_parts(const ConvolutionSpec& spec, std::vector<WinogradPart> parts) {
  constexpr int64_t fewest_of_images = 4;  // that can have epilogues, as pieces of panels cannot
  const WinogradProduct& product = parts.front().product;
  const int64_t of_image = product.tiles().of_image();
  const auto wanted = [&](int64_t pieces) {
    return pieces >= fewest_winograd_pieces ? product.tiles_at_once() : WinogradProduct::fewest_tiles;
  };
  int64_t images = images_per_piece(spec);
  for (int64_t more = images + 1;
       spec.batch / more >= fewest_of_images && images * of_image < wanted(spec.batch / more); ++more) {
    images = spec.batch % more == 0 ? more : images;
  }
  if (spec.batch / images >= fewest_of_images && images * of_image >= WinogradProduct::fewest_tiles) {
    return std::make_unique<WinogradByImages>(std::move(parts), images, spec.batch / images);
  }
  return std::make_unique<WinogradByPanels>(std::move(parts));
}

// A piece is some channels of one phase's filters.
class WinogradPackedWeights : public Kernel {
 public:
  explicit WinogradPackedWeights(std::vector<WinogradFilters> filters)
      : filters_(std::move(filters)),
        panels_(filters_.front().result_channels, winograd_lanes),
        channels_(divisor_up_to(channels_together, filters_.front().channels)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override {
    return static_cast<int64_t>(filters_.size()) * pieces_of_filters();
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(WinogradTiles::most_taps * panels_.width()) * sizeof(float);
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const WinogradFilters& filters = filters_[static_cast<size_t>(piece / pieces_of_filters())];
    const int64_t first = piece % pieces_of_filters() * channels_;
    for (int64_t panel = 0; panel < panels_.count(); ++panel) {
      for (int64_t channel = first; channel < first + channels_; ++channel) {
        pack(filters, panel, channel, static_cast<const float*>(arguments.inputs[0]),
             static_cast<float*>(arguments.outputs[0]), reinterpret_cast<float*>(arguments.scratch));
      }
    }
  }

 private:
  static constexpr int64_t channels_together = 8;  // they lie together, as memory is read best

  [[nodiscard]] int64_t pieces_of_filters() const { return filters_.front().channels / channels_; }

  void pack(const WinogradFilters& filters, int64_t panel, int64_t channel, const float* weights, float* packed,
            float* rows) const {
    const int64_t width = panels_.width();
    const int64_t apart = WinogradTiles::apart(filters.all_channels * panels_.columns());
    const float* taps[WinogradTiles::most_taps];
    float* places[WinogradTiles::most_places];
    const float* const first = weights + channel * filters.channel + panel * width * filters.result;
    for (size_t tap = 0; tap < filters.taps.size(); ++tap) {
      float* const row = rows + static_cast<int64_t>(tap) * width;
      taps[tap] = filters.taps[tap] == WinogradFilters::no_tap ? nullptr : row;
      for (int64_t i = 0; taps[tap] != nullptr && i < width; ++i) {
        row[i] = first[i * filters.result + filters.taps[tap]];
      }
    }
    for (int64_t place = 0; place < filters.places(); ++place) {
      places[place] = packed + filters.first + place * apart +
                      (panel * filters.all_channels + filters.first_channel + channel) * width;
    }
    winograd_transforms(filters.side).filter(taps, places, width);
    if (panel == panels_.count() - 1 && filters.first_channel + channel == filters.all_channels - 1) {
      for (int64_t place = 0; place < filters.places(); ++place) {
        std::fill_n(places[place] + width, WinogradTiles::gap, 0.0F);
      }
    }
  }

  std::vector<WinogradFilters> filters_;
  Panels panels_;
  int64_t channels_;  // of a piece
};

// Each phase's taps in reverse, of filters from O channels to C.
std::vector<WinogradFilters> data_gradient_filters(const ConvolutionSpec& spec) {
  std::vector<WinogradFilters> out;
  int64_t first = 0;
  for (const GradientPhase& phase : gradient_phases(spec)) {
    const WinogradProduct product(phase.spec);
    const int64_t side = product.tiles().taps();
    WinogradFilters filters{.first = first,
                            .first_channel = 0,
                            .channels = spec.out_channels,
                            .result_channels = spec.in_channels,
                            .all_channels = spec.out_channels,
                            .channel = spec.in_channels * spec.taps(),
                            .result = spec.taps(),
                            .side = side,
                            .taps = {}};
    for (int64_t tap = 0; tap < side * side; ++tap) {
      const int64_t ky = phase.y.first_tap + spec.stride_y * (phase.y.taps - 1 - tap / side);
      const int64_t kx = phase.x.first_tap + spec.stride_x * (phase.x.taps - 1 - tap % side);
      const bool is_there = tap / side < phase.y.taps && tap % side < phase.x.taps;
      filters.taps.push_back(is_there ? ky * spec.kernel_width + kx : WinogradFilters::no_tap);
    }
    out.push_back(std::move(filters));
    first += product.filter_elements();
  }
  return out;
}

}  // namespace

double winograd_gain(const ConvolutionSpec& spec) {
  constexpr double number_cost = 21;  // products that transforming a number of an image or a result counts as
  constexpr double filter_cost = 20;  // and one of a filter, which comes from memory
  if (!WinogradTiles::cover(spec)) {
    return 0;
  }
  const WinogradTiles tiles(spec);
  const auto in = static_cast<double>(tiles.channels()), out = static_cast<double>(spec.out_channels);
  const auto count = static_cast<double>(tiles.count());
  const double products = count * in * out;
  const double transforms = number_cost * count * (in + out) + filter_cost * in * out;
  return spec.flops() / 2 / static_cast<double>(tiles.places()) / (products + transforms);
}

int64_t winograd_packed_elements(const ConvolutionSpec& spec, ConvolutionPass pass) {
  if (pass == ConvolutionPass::forward) {
    return WinogradProduct(spec).filter_elements();
  }
  const std::vector<WinogradPart> parts = data_gradient_parts(spec);
  return parts.back().first_filter + parts.back().product.filter_elements();
}

std::unique_ptr<Kernel> make_winograd_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass) {
  return std::make_unique<WinogradPackedWeights>(pass == ConvolutionPass::forward ? winograd_filters(spec)
                                                                                  : data_gradient_filters(spec));
}

std::unique_ptr<Kernel> make_winograd_forward(const ConvolutionSpec& spec) {
  const WinogradProduct product(spec);
  return make_parts(spec, {{product, 0, 0, product.tiles().dense_steps()}});
}

std::unique_ptr<Kernel> make_winograd_data_gradient(const ConvolutionSpec& spec) {
  return make_parts(spec, data_gradient_parts(spec));
}

}  // namespace atelier::kernels
