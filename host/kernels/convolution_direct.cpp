// Convolutions by oneDNN's primitives, made once for a few images each, and called single-threaded from the pieces.
// What changes between steps is only where buffers lie.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "kernels/convolution_methods.hpp"
#include "kernels/convolution_packing.hpp"
#include "kernels/onednn.hpp"

namespace atelier::kernels {
namespace {

using dnnl::memory;
using tensor::DType;
using tag = memory::format_tag;

memory::desc described(const memory::dims& dims, tag format, memory::data_type type = memory::data_type::f32) {
  return {dims, type, format};
}

// What oneDNN is asked for: the spec with another number of images. What is read is of the type that is given, what
// comes out is float32.
struct Problem {
  Problem(const ConvolutionSpec& spec, int64_t images, DType dtype)
      : x(described({images, spec.in_channels, spec.in_height, spec.in_width}, tag::nhwc, type_of(dtype))),
        y(described({images, spec.out_channels, spec.out_height(), spec.out_width()}, tag::nhwc, type_of(dtype))),
        result_x(described(x.dims(), tag::nhwc)),
        result_y(described(y.dims(), tag::nhwc)),
        strides{spec.stride_y, spec.stride_x},
        dilations{spec.dilation_y - 1, spec.dilation_x - 1},
        low{spec.pad_top, spec.pad_left},
        high{spec.pad_bottom, spec.pad_right} {
    if (spec.groups == 1) {
      plain_format = tag::oihw;
      weight_dims = {spec.out_channels, spec.in_channels, spec.kernel_height, spec.kernel_width};
    } else {
      plain_format = tag::goihw;
      weight_dims = {spec.groups, spec.group_out_channels(), spec.group_in_channels(), spec.kernel_height,
                     spec.kernel_width};
    }
    w = described(weight_dims, tag::any, type_of(dtype));
    result_w = described(weight_dims, tag::any);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    pin_openmp();
  }

  [[nodiscard]] dnnl::convolution_forward::primitive_desc forward() const { return forward_to(result_y); }
  [[nodiscard]] dnnl::convolution_backward_data::primitive_desc data_gradient() const {
    return {{dnnl::algorithm::convolution_direct, result_x, w, y, strides, dilations, low, high},
            attributes,
            onednn_engine(),
            forward_to(y)};
  }
  [[nodiscard]] dnnl::convolution_backward_weights::primitive_desc weight_gradient() const {
    return {{dnnl::algorithm::convolution_direct, x, result_w, y, strides, dilations, low, high},
            attributes,
            onednn_engine(),
            forward_to(y)};
  }

  memory::desc x, w, y, result_x, result_w, result_y;
  memory::dims strides, dilations, low, high, weight_dims;
  tag plain_format = tag::oihw;
  dnnl::primitive_attr attributes;

 private:
  [[nodiscard]] dnnl::convolution_forward::primitive_desc forward_to(const memory::desc& result) const {
    return {{dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, x, w, result, strides, dilations,
             low, high},
            attributes,
            onednn_engine()};
  }
};

const std::byte* bytes_at(const void* data, size_t offset) {
  return static_cast<const std::byte*>(data) + offset;
}

// Images and packed weights to images: the forward pass or the data gradient, a few images a piece.
class DirectImages : public Kernel {
 public:
  template <typename Description>
  DirectImages(const ConvolutionSpec& spec, const dnnl::primitive& primitive, const Description& description,
               const memory::desc& source, const memory::desc& result, int source_argument, int result_argument)
      : primitive_(primitive),
        source_argument_(source_argument),
        result_argument_(result_argument),
        source_bytes_(source.get_size()),
        result_elements_(static_cast<int64_t>(result.get_size() / sizeof(float))),
        scratch_bytes_(description.scratchpad_desc().get_size()) {
    for (int64_t piece = 0; piece < spec.batch / images_per_piece(spec); ++piece) {
      buffers_.push_back({unplaced(source), unplaced(description.weights_desc()), unplaced(result),
                          unplaced(description.scratchpad_desc())});
    }
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return static_cast<int64_t>(buffers_.size()); }
  [[nodiscard]] size_t scratch_bytes() const override { return scratch_bytes_; }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    return ElementRange{piece * result_elements_, result_elements_};
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const PrimitiveBuffers& at = buffers_[static_cast<size_t>(piece)];
    place(at.first, bytes_at(arguments.inputs[0], static_cast<size_t>(piece) * source_bytes_));
    place(at.second, arguments.inputs[1]);
    place(at.result, static_cast<float*>(arguments.outputs[0]) + piece * result_elements_);
    place(at.scratch, arguments.scratch);
    execute<4>(primitive_, {{{source_argument_, at.first.get()},
                             {DNNL_ARG_WEIGHTS, at.second.get()},
                             {result_argument_, at.result.get()},
                             {DNNL_ARG_SCRATCHPAD, at.scratch.get()}}});
  }

 private:
  dnnl::primitive primitive_;
  int source_argument_, result_argument_;
  size_t source_bytes_;  // of a piece
  int64_t result_elements_;
  size_t scratch_bytes_;
  std::vector<PrimitiveBuffers> buffers_;
};

// Phase 0: weight gradients of some images each; phase 1: their sum, always in the same order; phase 2: the canonical
// order of elements.
class DirectWeightGradient : public Kernel {
 public:
  using Description = dnnl::convolution_backward_weights::primitive_desc;

  DirectWeightGradient(const ConvolutionSpec& spec, int64_t images, const Description& description,
                       const std::optional<Description>& rest)
      : primitive_(description),
        parts_((spec.batch + images - 1) / images),
        image_bytes_(description.src_desc().get_size()),
        result_bytes_(description.diff_dst_desc().get_size()),
        weight_bytes_(description.diff_weights_desc().get_size()),
        scratch_bytes_(description.scratchpad_desc().get_size()) {
    for (int64_t part = 0; part < parts_; ++part) {
      const bool is_rest = rest && part + 1 == parts_;
      const Description& own = is_rest ? *rest : description;
      buffers_.push_back({unplaced(own.src_desc()), unplaced(own.diff_dst_desc()), unplaced(own.diff_weights_desc()),
                          unplaced(own.scratchpad_desc())});
    }
    if (rest) {
      rest_ = dnnl::convolution_backward_weights(*rest);
      scratch_bytes_ = std::max(scratch_bytes_, rest->scratchpad_desc().get_size());
    }
    const Problem problem(spec, 1, DType::f32);
    const memory::desc plain = described(problem.weight_dims, problem.plain_format);
    const dnnl::reorder::primitive_desc reordering(onednn_engine(), description.diff_weights_desc(), onednn_engine(),
                                                   plain, problem.attributes);
    reorder_ = dnnl::reorder(reordering);
    reordered_ = {
        unplaced(description.diff_weights_desc()), {}, unplaced(plain), unplaced(reordering.scratchpad_desc())};
    scratch_bytes_ = std::max(scratch_bytes_, reordering.scratchpad_desc().get_size());
  }

  [[nodiscard]] int64_t phases() const override { return 3; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    return phase == 0 ? parts_ : phase == 1 ? (parts_ > 1 ? sum_pieces() : 1) : 1;
  }
  [[nodiscard]] size_t workspace_bytes() const override { return weight_bytes_ * static_cast<size_t>(parts_); }
  [[nodiscard]] size_t scratch_bytes() const override { return scratch_bytes_; }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    if (phase == 0) {
      return add_images(piece, arguments);
    }
    if (phase == 1) {
      return add_parts(piece, reinterpret_cast<float*>(arguments.workspace));
    }
    place(reordered_.first, arguments.workspace);
    place(reordered_.result, arguments.outputs[0]);
    place(reordered_.scratch, arguments.scratch);
    execute<3>(reorder_, {{{DNNL_ARG_FROM, reordered_.first.get()},
                           {DNNL_ARG_TO, reordered_.result.get()},
                           {DNNL_ARG_SCRATCHPAD, reordered_.scratch.get()}}});
  }

 private:
  static constexpr int64_t elements_per_sum = 8192;

  [[nodiscard]] int64_t elements() const { return static_cast<int64_t>(weight_bytes_ / sizeof(float)); }
  [[nodiscard]] int64_t sum_pieces() const { return (elements() + elements_per_sum - 1) / elements_per_sum; }

  void add_images(int64_t part, const Arguments& arguments) const {
    const PrimitiveBuffers& at = buffers_[static_cast<size_t>(part)];
    place(at.first, bytes_at(arguments.inputs[0], static_cast<size_t>(part) * image_bytes_));
    place(at.second, bytes_at(arguments.inputs[1], static_cast<size_t>(part) * result_bytes_));
    place(at.result, arguments.workspace + static_cast<size_t>(part) * weight_bytes_);
    place(at.scratch, arguments.scratch);
    execute<4>(rest_ && part + 1 == parts_ ? rest_ : primitive_, {{{DNNL_ARG_SRC, at.first.get()},
                                                                   {DNNL_ARG_DIFF_DST, at.second.get()},
                                                                   {DNNL_ARG_DIFF_WEIGHTS, at.result.get()},
                                                                   {DNNL_ARG_SCRATCHPAD, at.scratch.get()}}});
  }

  void add_parts(int64_t piece, float* parts) const {
    const int64_t first = piece * elements_per_sum;
    const int64_t last = std::min(elements(), first + elements_per_sum);
    for (int64_t part = 1; part < parts_; ++part) {
      const float* more = parts + part * elements();
      for (int64_t i = first; i < last; ++i) {
        parts[i] += more[i];
      }
    }
  }

  dnnl::primitive primitive_, rest_, reorder_;
  int64_t parts_;
  size_t image_bytes_, result_bytes_;  // of a part
  size_t weight_bytes_, scratch_bytes_;
  std::vector<PrimitiveBuffers> buffers_;
  PrimitiveBuffers reordered_;
};

// Canonical weights to a primitive's own order; output channels in blocks that each lie together.
class DirectPackedWeights : public Kernel {
 public:
  DirectPackedWeights(const memory::desc& plain, const memory::desc& packed) {
    const dnnl::primitive_attr attributes = Problem(ConvolutionSpec{}, 1, DType::f32).attributes;
    const dnnl::reorder::primitive_desc description(onednn_engine(), plain, onednn_engine(), packed, attributes);
    reorder_ = dnnl::reorder(description);
    buffers_ = {unplaced(plain), {}, unplaced(packed), unplaced(description.scratchpad_desc())};
    scratch_bytes_ = description.scratchpad_desc().get_size();
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return 1; }
  [[nodiscard]] size_t scratch_bytes() const override { return scratch_bytes_; }

  void run(int64_t, int64_t, const Arguments& arguments) const override {
    place(buffers_.first, arguments.inputs[0]);
    place(buffers_.result, arguments.outputs[0]);
    place(buffers_.scratch, arguments.scratch);
    execute<3>(reorder_, {{{DNNL_ARG_FROM, buffers_.first.get()},
                           {DNNL_ARG_TO, buffers_.result.get()},
                           {DNNL_ARG_SCRATCHPAD, buffers_.scratch.get()}}});
  }

 private:
  dnnl::primitive reorder_;
  PrimitiveBuffers buffers_;
  size_t scratch_bytes_ = 0;
};

std::optional<memory::desc> packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  const Problem problem(spec, images_per_piece(spec), dtype);
  if (pass == ConvolutionPass::forward) {
    const auto found = fast_only([&] { return problem.forward(); });
    return found ? std::optional(found->weights_desc()) : std::nullopt;
  }
  const auto found = fast_only([&] { return problem.data_gradient(); });
  return found ? std::optional(found->weights_desc()) : std::nullopt;
}

}  // namespace

int64_t direct_packed_elements(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  const auto packed = packed_weights(spec, pass, dtype);
  return packed ? static_cast<int64_t>(packed->get_size() / tensor::size_of(dtype)) : 0;
}

std::unique_ptr<Kernel> make_direct_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  if (dtype == DType::bf16) {
    return make_bfloat16_weights(spec, *packed_weights(spec, pass, dtype));
  }
  const Problem problem(spec, 1, dtype);
  return std::make_unique<DirectPackedWeights>(described(problem.weight_dims, problem.plain_format),
                                               *packed_weights(spec, pass, dtype));
}

std::unique_ptr<Kernel> make_direct_forward(const ConvolutionSpec& spec, DType dtype) {
  const Problem problem(spec, images_per_piece(spec), dtype);
  const auto description = problem.forward();
  return std::make_unique<DirectImages>(spec, dnnl::convolution_forward(description), description, problem.x,
                                        problem.result_y, DNNL_ARG_SRC, DNNL_ARG_DST);
}

std::unique_ptr<Kernel> make_direct_data_gradient(const ConvolutionSpec& spec, DType dtype) {
  const Problem problem(spec, images_per_piece(spec), dtype);
  const auto description = problem.data_gradient();
  return std::make_unique<DirectImages>(spec, dnnl::convolution_backward_data(description), description, problem.y,
                                        problem.result_x, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_SRC);
}

std::unique_ptr<Kernel> make_direct_weight_gradient(const ConvolutionSpec& spec, DType dtype) {
  const int64_t images = images_per_part(spec);
  const Problem problem(spec, images, dtype);
  const auto description = fast_only([&] { return problem.weight_gradient(); });
  if (!description) {
    return nullptr;
  }
  std::optional<DirectWeightGradient::Description> rest;
  if (const int64_t left = spec.batch % images; left != 0) {
    Problem smaller(spec, left, dtype);
    smaller.result_w = description->diff_weights_desc();
    rest = fast_only([&] { return smaller.weight_gradient(); });
    if (!rest) {
      return nullptr;
    }
  }
  return std::make_unique<DirectWeightGradient>(spec, images, *description, rest);
}

}  // namespace atelier::kernels
