#include "plugin/custom_operation_kernel.hpp"

#include <algorithm>
#include <array>

#include "base/floating_point.hpp"
#include "kernels/failure.hpp"
#include "plugin/activity.hpp"
#include "plugin/context.hpp"

namespace atelier::plugin {
namespace {

using kernels::Arguments;
using kernels::Buffer;

constexpr size_t most_operands = 48;  // of one call: inputs, outputs, and the gradients of both

// A buffer's description and the memory for its lengths.
struct Lent {
  std::array<int64_t, tensor::Shape::max_rank> dims{};
  atl_buffer buffer{};
};

class CustomKernel : public kernels::Kernel {
 public:
  CustomKernel(std::shared_ptr<const CustomOperation> operation, const record::KernelRequest& request)
      : operation_(std::move(operation)),
        inputs_(request.inputs.begin(), request.inputs.end()),
        outputs_(request.outputs.begin(), request.outputs.end()),
        attributes_(request.attributes) {
    std::vector<tensor::Shape> shapes;
    for (const Buffer& buffer : inputs_) {
      shapes.push_back(buffer.shape);
    }
    cut_ = cut_of(*operation_, shapes);
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return cut_.pieces(); }

 protected:
  // The part of a whole tensor that a piece works on.
  void lend(const Buffer& buffer, const void* data, bool shared, int64_t piece, Lent& out) const {
    const size_t rank = buffer.shape.rank();
    std::ranges::copy(buffer.shape.dims(), out.dims.begin());
    auto* bytes = static_cast<std::byte*>(const_cast<void*>(data));
    if (!shared && rank > 0) {
      const int64_t first = piece * cut_.per_piece;
      const int64_t row = buffer.shape.elements() / std::max<int64_t>(buffer.shape[0], 1);
      bytes += first * row * static_cast<int64_t>(tensor::size_of(buffer.dtype));
      out.dims[0] = std::min(cut_.per_piece, cut_.samples - first);
    }
    describe(buffer.dtype, rank, bytes, out);
  }
  static void describe(tensor::DType dtype, size_t rank, void* data, Lent& out) {
    constexpr uint8_t integer = 0, real = 2, narrow = 32, wide = 64;
    out.buffer.data = data;
    out.buffer.device_type = 1;
    out.buffer.rank = static_cast<int32_t>(rank);
    out.buffer.type_code = dtype == tensor::DType::i64 ? integer : real;
    out.buffer.bits = dtype == tensor::DType::f32 ? narrow : wide;
    out.buffer.lanes = 1;
    out.buffer.dims = out.dims.data();
  }

  using Function = atl_status (*)(atl_context* context, const atl_operation_call* call);
  void call(Function function, const char* callback, const Arguments& arguments, atl_operation_call& call) const {
    std::array<atl_attribute, 16> attributes{};
    for (size_t i = 0; i < attributes_.size(); ++i) {
      const record::Attribute& from = attributes_[i];
      attributes[i].type = from.type == record::AttributeType::integer  ? ATL_INTEGER
                           : from.type == record::AttributeType::number ? ATL_NUMBER
                                                                        : ATL_INTEGERS;
      if (from.type == record::AttributeType::integers) {
        attributes[i].count = static_cast<uint32_t>(from.integers.size());
        attributes[i].value.integers = from.integers.data();
      } else {
        attributes[i].value.integer = from.scalar.in(arguments.operands).integer;
      }
    }
    call.size = sizeof call;
    call.attributes = attributes.data();
    call.attribute_count = attributes_.size();
    atl_context context;
    const Activity activity(operation_->component, callback, &context);
    const atl_status status = function(&context, &call);
    reset_floating_point();
    if (status != ATL_OK || context.failed()) {
      const std::string why = context.first_failure();
      kernels::report_failed_run(fmt::format("operation '{}', {}: {}", operation_->component.description.name, callback,
                                             why.empty() ? fmt::format("status {}", status) : why));
    }
  }

  std::shared_ptr<const CustomOperation> operation_;
  std::vector<Buffer> inputs_;
  std::vector<Buffer> outputs_;
  record::Attributes attributes_;
  SampleCut cut_;
};

class ForwardKernel final : public CustomKernel {
 public:
  using CustomKernel::CustomKernel;
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    std::array<Lent, most_operands> lent;
    std::array<atl_buffer, most_operands> inputs{}, outputs{};
    size_t used = 0;
    for (size_t i = 0; i < inputs_.size(); ++i, ++used) {
      lend(inputs_[i], arguments.inputs[i], operation_->inputs[i].shared, piece, lent[used]);
      inputs[i] = lent[used].buffer;
    }
    for (size_t i = 0; i < outputs_.size(); ++i, ++used) {
      lend(outputs_[i], arguments.outputs[i], !operation_->has_samples(), piece, lent[used]);
      outputs[i] = lent[used].buffer;
    }
    atl_operation_call call{};
    call.inputs = inputs.data();
    call.input_count = inputs_.size();
    call.outputs = outputs.data();
    call.output_count = outputs_.size();
    this->call(operation_->table.forward, "forward", arguments, call);
  }
};

class GradientKernel final : public CustomKernel {
 public:
  using CustomKernel::CustomKernel;
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const size_t in = operation_->inputs.size(), out = operation_->outputs.size();
    const bool whole = !operation_->has_samples();
    std::array<Lent, most_operands> lent;
    std::array<atl_buffer, most_operands> inputs{}, outputs{}, output_gradients{}, input_gradients{};
    size_t used = 0;
    const auto give = [&](const Buffer& buffer, const void* data, bool shared) {
      lend(buffer, data, shared, piece, lent[used]);
      return lent[used++].buffer;
    };
    for (size_t i = 0; i < in; ++i) {
      inputs[i] = give(inputs_[i], arguments.inputs[i], operation_->inputs[i].shared);
    }
    for (size_t i = 0; i < out; ++i) {
      outputs[i] = give(inputs_[in + i], arguments.inputs[in + i], whole);
      output_gradients[i] = give(inputs_[in + out + i], arguments.inputs[in + out + i], whole);
    }
    size_t made = 0;
    for (size_t i = 0; i < in; ++i) {
      if (operation_->inputs[i].integers) {
        lent[used].dims[0] = 0;
        describe(tensor::DType::i64, 1, nullptr, lent[used]);
        input_gradients[i] = lent[used++].buffer;
        continue;
      }
      const Buffer& buffer = outputs_[made];
      if (operation_->inputs[i].shared) {  // (pieces, ...): a piece has a share of its own
        const Buffer share{tensor::Shape(buffer.shape.dims().subspan(1)), buffer.dtype};
        const size_t bytes = static_cast<size_t>(share.shape.elements()) * tensor::size_of(share.dtype);
        input_gradients[i] =
            give(share, static_cast<std::byte*>(arguments.outputs[made]) + static_cast<size_t>(piece) * bytes, true);
      } else {
        input_gradients[i] = give(buffer, arguments.outputs[made], false);
      }
      ++made;
    }
    atl_operation_call call{};
    call.inputs = inputs.data();
    call.input_count = in;
    call.outputs = outputs.data();
    call.output_count = out;
    call.output_gradients = output_gradients.data();
    call.input_gradients = input_gradients.data();
    this->call(operation_->table.gradient, "gradient", arguments, call);
  }
};

}  // namespace

bool CustomOperation::has_samples() const {
  return std::ranges::any_of(inputs, [](const Operand& input) { return !input.shared; });
}

SampleCut cut_of(const CustomOperation& operation, std::span<const tensor::Shape> inputs) {
  constexpr int64_t most_pieces = 16;
  SampleCut out;
  for (size_t i = 0; i < operation.inputs.size(); ++i) {
    if (!operation.inputs[i].shared) {
      out.samples = inputs[i][0];
      out.per_piece = std::max<int64_t>((out.samples + most_pieces - 1) / most_pieces, 1);
    }
  }
  return out;
}

std::unique_ptr<kernels::Kernel> make_forward(std::shared_ptr<const CustomOperation> operation,
                                              const record::KernelRequest& request) {
  return std::make_unique<ForwardKernel>(std::move(operation), request);
}

std::unique_ptr<kernels::Kernel> make_gradient(std::shared_ptr<const CustomOperation> operation,
                                               const record::KernelRequest& request) {
  return std::make_unique<GradientKernel>(std::move(operation), request);
}

}  // namespace atelier::plugin
