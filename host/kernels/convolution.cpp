// For each image and group, with P = out_height out_width and K = (in_channels / groups) kernel_height kernel_width:
//   y (O, P) = w (O, K) columns(x) (K, P),   columns(dx) = w^T dy,   dw = sum over images of dy columns(x)^T.
#include "kernels/convolution.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "kernels/image_columns.hpp"
#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t weight_pieces = 4;  // of the channels of a group, in a weight gradient

void check(const ConvolutionSpec& spec) {
  ATELIER_CHECK(spec.in_channels > 0 && spec.out_channels > 0 && spec.batch >= 0);
  ATELIER_CHECK(spec.stride_y > 0 && spec.stride_x > 0 && spec.dilation_y > 0 && spec.dilation_x > 0);
  if (spec.groups < 1 || spec.in_channels % spec.groups != 0 || spec.out_channels % spec.groups != 0) {
    throw Error(ErrorKind::shape, "convolution: got {} groups, expected a number that divides {} and {} channels",
                spec.groups, spec.in_channels, spec.out_channels);
  }
  const int64_t height = spec.in_height + spec.pad_top + spec.pad_bottom;
  const int64_t width = spec.in_width + spec.pad_left + spec.pad_right;
  const int64_t kernel_height = spec.dilation_y * (spec.kernel_height - 1) + 1;
  const int64_t kernel_width = spec.dilation_x * (spec.kernel_width - 1) + 1;
  if (kernel_height > height || kernel_width > width || kernel_height < 1 || kernel_width < 1) {
    throw Error(ErrorKind::shape,
                "convolution: got a kernel that covers {} x {}, expected at most the padded image, {} x {}",
                kernel_height, kernel_width, height, width);
  }
}

// Sizes of one group of one image.
struct Sizes {
  explicit Sizes(const ConvolutionSpec& spec)
      : in_channels(spec.in_channels / spec.groups),
        out_channels(spec.out_channels / spec.groups),
        kernel(spec.kernel_height * spec.kernel_width),
        pixels(spec.out_height() * spec.out_width()),
        image(in_channels * spec.in_height * spec.in_width) {}

  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel;
  int64_t pixels;  // of y
  int64_t image;   // elements of x
};

// A piece is one group of one image.
template <typename T>
class ConvolutionKernel : public Kernel {
 public:
  explicit ConvolutionKernel(const ConvolutionSpec& spec) : spec_(spec), sizes_(spec) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return std::max<int64_t>(1, spec_.batch * spec_.groups); }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(sizes_.in_channels * sizes_.kernel * sizes_.pixels) * sizeof(T);
  }

 protected:
  // A 1 x 1 kernel that touches every pixel once: the image is its own matrix of columns.
  [[nodiscard]] bool is_pointwise() const {
    return sizes_.kernel == 1 && spec_.stride_y == 1 && spec_.stride_x == 1 && spec_.pad_top == 0 &&
           spec_.pad_bottom == 0 && spec_.pad_left == 0 && spec_.pad_right == 0;
  }
  [[nodiscard]] const T* weights_of(int64_t piece, const void* w) const {
    return static_cast<const T*>(w) + piece % spec_.groups * sizes_.out_channels * sizes_.in_channels * sizes_.kernel;
  }

  ConvolutionSpec spec_;
  Sizes sizes_;
};

template <typename T>
class Forward : public ConvolutionKernel<T> {
 public:
  using ConvolutionKernel<T>::ConvolutionKernel;

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto& [in_channels, out_channels, kernel, pixels, image] = this->sizes_;
    if (this->spec_.batch == 0) {
      return;
    }
    const T* x = static_cast<const T*>(arguments.inputs[0]) + piece * image;
    const T* columns = x;
    if (!this->is_pointwise()) {
      image_to_columns(this->spec_, in_channels, x, reinterpret_cast<T*>(arguments.scratch));
      columns = reinterpret_cast<const T*>(arguments.scratch);
    }
    T* y = static_cast<T*>(arguments.outputs[0]) + piece * out_channels * pixels;
    const int64_t depth = in_channels * kernel;
    multiply(false, false, out_channels, pixels, depth, this->weights_of(piece, arguments.inputs[1]), depth, columns,
             pixels, false, y, pixels);
  }
};

template <typename T>
class DataGradient : public ConvolutionKernel<T> {
 public:
  using ConvolutionKernel<T>::ConvolutionKernel;

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto& [in_channels, out_channels, kernel, pixels, image] = this->sizes_;
    if (this->spec_.batch == 0) {
      return;
    }
    const T* dy = static_cast<const T*>(arguments.inputs[0]) + piece * out_channels * pixels;
    T* dx = static_cast<T*>(arguments.outputs[0]) + piece * image;
    T* columns = this->is_pointwise() ? dx : reinterpret_cast<T*>(arguments.scratch);
    const int64_t depth = in_channels * kernel;
    multiply(true, false, depth, pixels, out_channels, this->weights_of(piece, arguments.inputs[1]), depth, dy, pixels,
             false, columns, pixels);
    if (!this->is_pointwise()) {
      columns_to_image(this->spec_, in_channels, columns, dx);
    }
  }
};

// A piece is some input channels of one group, for all images in order: the result is cut, never the sum over images.
template <typename T>
class WeightGradient : public ConvolutionKernel<T> {
 public:
  explicit WeightGradient(const ConvolutionSpec& spec)
      : ConvolutionKernel<T>(spec),
        pieces_per_group_(spec.groups >= weight_pieces ? 1 : std::min(weight_pieces, this->sizes_.in_channels)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return this->spec_.groups * pieces_per_group_; }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto& [in_channels, out_channels, kernel, pixels, image] = this->sizes_;
    const int64_t group = piece / pieces_per_group_;
    const int64_t first = piece % pieces_per_group_ * in_channels / pieces_per_group_;
    const int64_t last = (piece % pieces_per_group_ + 1) * in_channels / pieces_per_group_;
    const int64_t plane = this->spec_.in_height * this->spec_.in_width;
    T* dw = static_cast<T*>(arguments.outputs[0]) + (group * out_channels * in_channels + first) * kernel;
    T* columns = reinterpret_cast<T*>(arguments.scratch);
    for (int64_t b = 0; b < this->spec_.batch; ++b) {
      const int64_t part = b * this->spec_.groups + group;
      const T* x = static_cast<const T*>(arguments.inputs[0]) + part * image + first * plane;
      const T* dy = static_cast<const T*>(arguments.inputs[1]) + part * out_channels * pixels;
      image_to_columns(this->spec_, last - first, x, columns);
      multiply(false, true, out_channels, (last - first) * kernel, pixels, dy, pixels, columns, pixels, b > 0, dw,
               in_channels * kernel);
    }
    if (this->spec_.batch == 0) {
      for (int64_t o = 0; o < out_channels; ++o) {
        std::fill_n(dw + o * in_channels * kernel, (last - first) * kernel, T(0));
      }
    }
  }

 private:
  int64_t pieces_per_group_;
};

template <template <typename> typename KernelOf>
std::unique_ptr<Kernel> make_of(const ConvolutionSpec& spec, tensor::DType dtype) {
  ATELIER_CHECK(dtype != tensor::DType::i64);
  check(spec);
  return dtype == tensor::DType::f32 ? std::unique_ptr<Kernel>(std::make_unique<KernelOf<float>>(spec))
                                     : std::make_unique<KernelOf<double>>(spec);
}

}  // namespace

std::unique_ptr<Kernel> make_convolution_forward(const ConvolutionSpec& spec, tensor::DType dtype) {
  return make_of<Forward>(spec, dtype);
}

std::unique_ptr<Kernel> make_convolution_data_gradient(const ConvolutionSpec& spec, tensor::DType dtype) {
  return make_of<DataGradient>(spec, dtype);
}

std::unique_ptr<Kernel> make_convolution_weight_gradient(const ConvolutionSpec& spec, tensor::DType dtype) {
  return make_of<WeightGradient>(spec, dtype);
}

}  // namespace atelier::kernels
