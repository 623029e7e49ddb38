#include "kernels/upsampling.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

// The two pixels that an output pixel is blended of, and the share of the second.
template <typename T>
struct Between {
  int64_t first;
  int64_t second;
  T share;
};

template <typename T>
std::vector<Between<T>> between(int64_t length, int64_t out_length) {
  std::vector<Between<T>> out;
  const double scale = static_cast<double>(length) / static_cast<double>(out_length);
  for (int64_t i = 0; i < out_length; ++i) {
    const double place = std::max(0.0, (static_cast<double>(i) + 0.5) * scale - 0.5);
    const auto first = std::min(static_cast<int64_t>(place), length - 1);
    out.push_back({first, std::min(first + 1, length - 1), static_cast<T>(place - static_cast<double>(first))});
  }
  return out;
}

template <typename T>
class Resize : public Kernel {
 public:
  explicit Resize(const ResizeSpec& spec)
      : spec_(spec), rows_(between<T>(spec.height, spec.out_height)), columns_(between<T>(spec.width, spec.out_width)) {
    ATELIER_CHECK(spec.height >= 1 && spec.width >= 1);
  }

 protected:
  // Calls f(the four corners' elements of an image, their weights, column) for a row of output pixels.
  template <typename Function>
  void for_row(int64_t oy, Function&& f) const {
    const Between<T>& row = rows_[static_cast<size_t>(oy)];
    const int64_t upper = row.first * spec_.width;
    const int64_t lower = row.second * spec_.width;
    for (int64_t ox = 0; ox < spec_.out_width; ++ox) {
      const Between<T>& column = columns_[static_cast<size_t>(ox)];
      const int64_t corners[4] = {(upper + column.first) * spec_.channels, (upper + column.second) * spec_.channels,
                                  (lower + column.first) * spec_.channels, (lower + column.second) * spec_.channels};
      const T weights[4] = {(1 - row.share) * (1 - column.share), (1 - row.share) * column.share,
                            row.share * (1 - column.share), row.share * column.share};
      f(corners, weights, ox);
    }
  }

  ResizeSpec spec_;
  const BlendLoops<T>& loops_ = loops_for<T>(*active_loops().blend);

 private:
  std::vector<Between<T>> rows_;
  std::vector<Between<T>> columns_;
};

// A piece is a run of the rows of all output images.
template <typename T>
class ResizeForward : public Resize<T> {
 public:
  explicit ResizeForward(const ResizeSpec& spec)
      : Resize<T>(spec), rows_(spec.batch * spec.out_height, spec.out_width * spec.channels) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return rows_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const ResizeSpec& s = this->spec_;
    for (int64_t row = rows_.first(piece); row < rows_.last(piece); ++row) {
      const T* x = static_cast<const T*>(arguments.inputs[0]) + row / s.out_height * s.height * s.width * s.channels;
      T* y = static_cast<T*>(arguments.outputs[0]) + row * s.out_width * s.channels;
      this->for_row(row % s.out_height, [&](const int64_t* corners, const T* weights, int64_t ox) {
        const T* from[4] = {x + corners[0], x + corners[1], x + corners[2], x + corners[3]};
        this->loops_.blend(from, weights, y + ox * s.channels, s.channels);
      });
    }
  }

 private:
  Pieces rows_;
};

// A piece is a run of whole images.
template <typename T>
class ResizeTranspose : public Resize<T> {
 public:
  explicit ResizeTranspose(const ResizeSpec& spec)
      : Resize<T>(spec), images_(spec.batch, spec.out_height * spec.out_width * spec.channels) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return images_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const ResizeSpec& s = this->spec_;
    const int64_t image = s.height * s.width * s.channels;
    for (int64_t b = images_.first(piece); b < images_.last(piece); ++b) {
      T* dx = static_cast<T*>(arguments.outputs[0]) + b * image;
      std::fill_n(dx, image, T(0));
      for (int64_t oy = 0; oy < s.out_height; ++oy) {
        const T* g = static_cast<const T*>(arguments.inputs[0]) + (b * s.out_height + oy) * s.out_width * s.channels;
        this->for_row(oy, [&](const int64_t* corners, const T* weights, int64_t ox) {
          T* to[4] = {dx + corners[0], dx + corners[1], dx + corners[2], dx + corners[3]};
          this->loops_.spread(to, weights, g + ox * s.channels, s.channels);
        });
      }
    }
  }

 private:
  Pieces images_;
};

}  // namespace

std::unique_ptr<Kernel> make_resize_bilinear(const ResizeSpec& spec, tensor::DType dtype) {
  return make_real<ResizeForward>(dtype, spec);
}
std::unique_ptr<Kernel> make_resize_bilinear_transpose(const ResizeSpec& spec, tensor::DType dtype) {
  return make_real<ResizeTranspose>(dtype, spec);
}

}  // namespace atelier::kernels
