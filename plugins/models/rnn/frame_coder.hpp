// Between a frame and what the recurrent layers read and write: the pixels themselves, or convolutions of stride 2 and
// their mirror image, as in Radford et al. 2016. With connections between them, as in Denton & Fergus 2018, section 4,
// the decoder sees what the encoder made of the last frame: the recurrent layers need not remember how things look,
// only how they move.
#pragma once

#include "rows.hpp"

namespace rnn {

using namespace atelier;

class FrameCoder {
 public:
  static constexpr Convolution halving{.stride = 2, .padding = 1};
  static constexpr int64_t kernel = 4;

  struct Code {
    Tensor features;             // (B, T, code length)
    std::vector<Tensor> levels;  // of each convolution, (B T, C, H, W)
  };

  static void describe(Description& d) {
    d.integers("filters", {},
               "channels after each convolution of stride 2 between a frame and the recurrent layers, mirrored behind "
               "them; none: the pixels themselves")
        .range(1, 65536);
    d.activation("activation", "relu", "of those convolutions");
    d.flag("connected", false, "the mirrored convolutions see those of the last frame");
  }

  FrameCoder() = default;
  // `frame` is (C, H, W), of which `window` are encoded at a time.
  FrameCoder(const Builder& build, const Settings& settings, const std::vector<int64_t>& frame, int64_t window)
      : frame_(frame), smallest_(frame), activation_(settings.text("activation")) {
    const std::vector<int64_t> filters = settings.integers("filters");
    const int64_t factor = int64_t{1} << std::min<size_t>(filters.size(), 32);
    if (frame[1] % factor != 0 || frame[2] % factor != 0) {
      build.fail("model.filters: " + std::to_string(filters.size()) +
                 " layers, expected frames whose sides are multiples of " + std::to_string(factor) + "; the data has " +
                 std::to_string(frame[1]) + "x" + std::to_string(frame[2]));
      return;
    }
    const Initializer initializer = dense_initializer(settings, "he_uniform");
    for (size_t i = 0; i < filters.size(); ++i) {
      const int64_t inputs = i == 0 ? frame[0] : filters[i - 1];
      const std::string level = std::to_string(i);
      halvings_.emplace_back(build.scope("halving." + level), i == 0 ? window * inputs : inputs, filters[i], kernel,
                             halving, initializer);
      doublings_.emplace_back(build.scope("doubling." + level), filters[i], inputs, kernel, halving, initializer);
      if (settings.flag("connected")) {
        meetings_.emplace_back(build.scope("meeting." + level), 2 * filters[i], filters[i], 3,
                               Convolution{.padding = 1}, initializer);
      }
      smallest_ = {filters[i], smallest_[1] / 2, smallest_[2] / 2};
    }
    const int64_t smallest = smallest_[0] * smallest_[1] * smallest_[2];
    code_length_ = filters.empty() ? window * smallest : smallest;
    output_ = Linear(build.scope("output"), settings.integer("units"), smallest, dense_initializer(settings));
  }

  [[nodiscard]] int64_t code_length() const { return code_length_; }

  // Windows of frames (B, T, window C, H, W)
  [[nodiscard]] Code encode(Tensor frames) const {
    Tensor h = frames.reshape({-1, frames.dim(2), frame_[1], frame_[2]});
    Code code;
    for (const Conv2d& layer : halvings_) {
      h = activate(activation_, layer(h));
      code.levels.push_back(h);
    }
    code.features = h.reshape({frames.dim(0), frames.dim(1), -1});
    return code;
  }

  // States (B, T, units), and the code of the frames that they have read last, to the logits of the next frames
  // (B, T, C, H, W)
  [[nodiscard]] Tensor decode(Tensor states, const Code& last) const {
    Tensor h = output_(states).reshape({-1, smallest_[0], smallest_[1], smallest_[2]});
    for (size_t i = doublings_.size(); i-- > 0;) {
      h = activate(activation_, h);
      h = meetings_.empty() ? h : activate(activation_, meetings_[i](concatenate({last.levels[i], h}, 1)));
      h = doublings_[i](h);
    }
    return h.reshape({states.dim(0), states.dim(1), frame_[0], frame_[1], frame_[2]});
  }

 private:
  std::vector<int64_t> frame_, smallest_;  // (C, H, W)
  std::string activation_;
  int64_t code_length_ = 0;
  std::vector<Conv2d> halvings_;  // all three from the frame's size to the smallest
  std::vector<ConvTranspose2d> doublings_;
  std::vector<Conv2d> meetings_;  // of a level and what comes from below it
  Linear output_;
};

}  // namespace rnn
