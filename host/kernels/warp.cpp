#include "kernels/warp.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

// The two pixels of an axis around a place, and their weights; 0 for one outside. The nearest one is both, and the
// second has no weight. A place that is nan has weights that are nan.
template <typename T>
struct Around {
  int64_t pixels[2] = {0, 0};
  T weights[2] = {0, 0};

  Around(T place, int64_t length, bool derive, bool nearest) {
    if (nearest) {
      place = std::nearbyint(place);
    }
    if (place <= T(-1) || place >= static_cast<T>(length)) {
      return;
    }
    const T below = std::floor(place);
    const T share = place - below;
    const auto first = place == place ? static_cast<int64_t>(below) : 0;
    if (nearest) {
      pixels[0] = pixels[1] = std::max<int64_t>(first, 0);
      weights[0] = T(1) + share;
      return;
    }
    pixels[0] = std::max<int64_t>(first, 0);
    pixels[1] = std::min(first + 1, length - 1);
    weights[0] = first < 0 ? T(0) : (derive ? share - share - T(1) : T(1) - share);
    weights[1] = first + 1 >= length ? share - share : (derive ? share - share + T(1) : share);
  }
};

template <typename T>
class SampleKernel : public Kernel {
 public:
  explicit SampleKernel(const SampleSpec& spec)
      : spec_(spec), images_(spec.batch, spec.out_height * spec.out_width * spec.channels) {
    ATELIER_CHECK(spec.height >= 1 && spec.width >= 1);
  }

  // A piece is a run of whole images.
  [[nodiscard]] int64_t pieces(int64_t) const override { return images_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    for (int64_t b = images_.first(piece); b < images_.last(piece); ++b) {
      run_image(b, arguments);
    }
  }

 protected:
  virtual void run_image(int64_t b, const Arguments& arguments) const = 0;

  // Calls f(the four corners' elements of an image, their weights, output pixel) for the places of an image.
  template <typename Function>
  void for_places(int64_t b, const Arguments& arguments, Function&& f) const {
    const int64_t pixels = spec_.out_height * spec_.out_width;
    const T* grid = static_cast<const T*>(arguments.inputs[1]) + b * pixels * 2;
    for (int64_t p = 0; p < pixels; ++p) {
      const Around<T> column(grid[2 * p], spec_.width, spec_.derive_column, spec_.nearest);
      const Around<T> row(grid[2 * p + 1], spec_.height, spec_.derive_row, spec_.nearest);
      int64_t corners[4];
      T weights[4];
      for (int k = 0; k < 4; ++k) {
        corners[k] = (row.pixels[k / 2] * spec_.width + column.pixels[k % 2]) * spec_.channels;
        weights[k] = row.weights[k / 2] * column.weights[k % 2];
      }
      f(corners, weights, p);
    }
  }

  [[nodiscard]] int64_t image() const { return spec_.height * spec_.width * spec_.channels; }
  [[nodiscard]] int64_t out_image() const { return spec_.out_height * spec_.out_width * spec_.channels; }

  SampleSpec spec_;
  const BlendLoops<T>& loops_ = loops_for<T>(*active_loops().blend);

 private:
  Pieces images_;
};

template <typename T>
class Sample : public SampleKernel<T> {
 public:
  using SampleKernel<T>::SampleKernel;

 protected:
  void run_image(int64_t b, const Arguments& arguments) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]) + b * this->image();
    T* y = static_cast<T*>(arguments.outputs[0]) + b * this->out_image();
    const int64_t channels = this->spec_.channels;
    this->for_places(b, arguments, [&](const int64_t* corners, const T* weights, int64_t p) {
      const T* from[4] = {x + corners[0], x + corners[1], x + corners[2], x + corners[3]};
      this->loops_.blend(from, weights, y + p * channels, channels);
    });
  }
};

template <typename T>
class SampleTranspose : public SampleKernel<T> {
 public:
  using SampleKernel<T>::SampleKernel;

 protected:
  void run_image(int64_t b, const Arguments& arguments) const override {
    const T* g = static_cast<const T*>(arguments.inputs[0]) + b * this->out_image();
    T* dx = static_cast<T*>(arguments.outputs[0]) + b * this->image();
    const int64_t channels = this->spec_.channels;
    std::fill_n(dx, this->image(), T(0));
    this->for_places(b, arguments, [&](const int64_t* corners, const T* weights, int64_t p) {
      T* to[4] = {dx + corners[0], dx + corners[1], dx + corners[2], dx + corners[3]};
      this->loops_.spread(to, weights, g + p * channels, channels);
    });
  }
};

template <typename T>
class PixelPlaces : public Kernel {
 public:
  PixelPlaces(int64_t height, int64_t width) : height_(height), width_(width) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return 1; }
  void run(int64_t, int64_t, const Arguments& arguments) const override {
    T* out = static_cast<T*>(arguments.outputs[0]);
    for (int64_t i = 0; i < height_ * width_; ++i) {
      const int64_t column = i % width_, row = i / width_;
      *out++ = static_cast<T>(2 * column + 1) / static_cast<T>(width_) - T(1);
      *out++ = static_cast<T>(2 * row + 1) / static_cast<T>(height_) - T(1);
      *out++ = T(1);
    }
  }

 private:
  int64_t height_;
  int64_t width_;
};

}  // namespace

std::unique_ptr<Kernel> make_sample(const SampleSpec& spec, tensor::DType dtype) {
  return make_real<Sample>(dtype, spec);
}
std::unique_ptr<Kernel> make_sample_transpose(const SampleSpec& spec, tensor::DType dtype) {
  return make_real<SampleTranspose>(dtype, spec);
}
std::unique_ptr<Kernel> make_pixel_places(int64_t height, int64_t width, tensor::DType dtype) {
  return make_real<PixelPlaces>(dtype, height, width);
}

}  // namespace atelier::kernels
