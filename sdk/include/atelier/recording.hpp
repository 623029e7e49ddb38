// What a model records with: a training step, an evaluation or a sampling.
#pragma once

#include <atelier/data_spec.hpp>
#include <atelier/operations.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace atelier {

namespace detail {

inline atl_phase_info phase(atl_context* context) {
  atl_phase_info found{};
  found.size = sizeof found;
  core->phase(context, &found);
  return found;
}

}  // namespace detail

// What is common to everything that records.
class Recording {
 public:
  explicit Recording(atl_context* context) : context_(context) {}

  [[nodiscard]] atl_context* context() const { return context_; }
  [[nodiscard]] Tensor normal(Integers dims, Location at = {}) const {
    return detail::apply(context_, detail::resolved<"random_normal/1">(), {}, {detail::attribute(dims)}, at);
  }  // N(0, 1)
  [[nodiscard]] Tensor uniform(Integers dims, Location at = {}) const {
    return detail::apply(context_, detail::resolved<"random_uniform/1">(), {}, {detail::attribute(dims)}, at);
  }  // (0, 1)
  [[nodiscard]] Tensor scalar(double value, Location at = {}) const { return detail::scalar(context_, value, at); }
  [[nodiscard]] Tensor full(Integers dims, double value, Location at = {}) const {
    const CalledFrom caller(at);
    return broadcast_to(scalar(value), dims);
  }
  // As many values as `dims` has elements.
  [[nodiscard]] Tensor constant(Integers dims, const std::vector<float>& values, Location at = {}) const {
    return constant(ATL_FLOAT32, dims, values.data(), values.size(), at);
  }
  [[nodiscard]] Tensor constant(Integers dims, const std::vector<int64_t>& values, Location at = {}) const {
    return constant(ATL_INT64, dims, values.data(), values.size(), at);
  }

  [[nodiscard]] bool training() const { return info().training != 0; }
  [[nodiscard]] int64_t step() const { return info().step; }  // from 1; 0 outside training
  // How much of the training is behind, 0 to 1: for coefficients that change.
  [[nodiscard]] double progress() const {
    const atl_phase_info phase = info();
    return phase.total_steps > 1 ? static_cast<double>(phase.step - 1) / static_cast<double>(phase.total_steps - 1)
                                 : 1.0;
  }
  [[nodiscard]] double epoch() const { return info().epoch; }

  // Copies a value out. Runs all that was recorded so far: in training it costs, and log() is nearly always what is
  // wanted; in evaluation and sampling only this tensor stays valid, as after materialize().
  [[nodiscard]] std::vector<double> read(Tensor& tensor, Location at = {}) const {
    const int64_t count = tensor.elements();
    atl_tensor handle = tensor.handle();
    detail::core->materialize(context_, &handle, 1, at);
    tensor = Tensor(context_, handle);
    std::vector<double> values(static_cast<size_t>(count));
    detail::core->read(context_, tensor.handle(), values.data(), values.size(), at);
    return values;
  }
  // Names a tensor, so that the experiment's `[log] activations` may ask for it.
  void annotate(std::string_view name, Tensor tensor) const {
    detail::core->annotate(context_, detail::string(name), tensor.handle());
  }
  // What cannot be gone on with. Ends the function, but in a plugin without exceptions, which has to return.
  void fail(std::string_view message, Location at = {}) const {
    detail::fail(context_, ATL_ERROR_ARGUMENT, message, at);
    detail::stop();
  }

 protected:
  [[nodiscard]] atl_phase_info info() const { return detail::phase(context_); }
  [[nodiscard]] Tensor field(std::string_view name, Location at) const {
    atl_tensor tensor = 0;
    detail::core->field(context_, detail::string(name), at, &tensor);
    return {context_, tensor};
  }

 private:
  Tensor constant(atl_dtype dtype, Integers dims, const void* values, size_t count, Location at) const {
    size_t elements = 1;
    bool possible = true;
    for (size_t axis = 0; axis < dims.size; ++axis) {
      possible = possible && dims.data[axis] >= 0 &&
                 !__builtin_mul_overflow(elements, static_cast<size_t>(dims.data[axis]), &elements);
    }
    atl_tensor tensor = 0;
    if (possible && elements != count) {  // what cannot be, the host says
      detail::fail(context_, ATL_ERROR_SHAPE,
                   "constant: got " + std::to_string(count) + " values for " + std::to_string(elements) + " elements",
                   at);
    } else {
      detail::core->constant(context_, dtype, dims.data, static_cast<uint32_t>(dims.size), values, at, &tensor);
    }
    return {context_, tensor};
  }

  atl_context* context_;
};

// What a training step and an evaluation have in common: the samples of a batch.
class Batch : public Recording {
 public:
  using Recording::Recording;
  [[nodiscard]] Tensor images(Location at = {}) const { return field("image", at); }  // (B, C, H, W)
  [[nodiscard]] Tensor labels(Location at = {}) const { return field("label", at); }  // int64 (B)
  [[nodiscard]] Tensor data(std::string_view name, Location at = {}) const { return field(name, at); }
  [[nodiscard]] int64_t batch_size() const { return info().batch_size; }
  // Of sequences of unequal length: (B, T), 1 where a sample has an element and 0 in the padding behind its end. All
  // are 1 where the field names no field of lengths.
  [[nodiscard]] Tensor mask(const Field& sequence, Location at = {}) const {
    const CalledFrom caller(at);
    const size_t axis_of_time = sequence.kind == Kind::signal ? 1 : 0;
    const int64_t times = axis_of_time < sequence.dims.size() ? sequence.dims[axis_of_time] : 1;
    if (sequence.length_field.empty()) {
      return full({field(sequence.name, at).dim(0), times}, 1);
    }
    std::vector<float> places;
    for (int64_t t = 0; t < times; ++t) {
      places.push_back(static_cast<float>(t));
    }
    const Tensor lengths = to_real(field(sequence.length_field, at));
    return less(constant({1, times}, places), lengths.reshape({-1, 1}));
  }
};

// One training step.
class Step : public Batch {
 public:
  using Batch::Batch;
  void next_batch(Location at = {}) const { detail::core->next_batch(context(), at); }
  // Gradients of `loss` for the parameters of `group`, and that group's update. Later uses see the new weights.
  void minimize(std::string_view group, Tensor loss, Location at = {}) const {
    detail::core->minimize(context(), detail::string(group), loss.handle(), at);
  }
  void log(std::string_view name, Tensor scalar, Location at = {}) const {
    detail::core->log(context(), detail::string(name), scalar.handle(), 0, at);
  }
};

// One batch of an evaluation.
class Evaluation : public Batch {
 public:
  using Batch::Batch;
  // The metric is the sum of all values over the sum of all counts, so that a smaller last batch weighs right.
  void add(std::string_view name, Tensor sum, Tensor count, Location at = {}) const {
    detail::core->log(context(), detail::string(name), sum.handle(), count.handle(), at);
  }
  void add(std::string_view name, Tensor sum, double count, Location at = {}) const {
    add(name, sum, scalar(count, at), at);
  }
  // The metric is the mean of these values, one for each sample.
  void add_per_sample(std::string_view name, At values) const {
    const CalledFrom caller(values);
    add(name, sum(values), static_cast<double>(values.tensor.dim(0)));
  }
  void materialize(std::initializer_list<Tensor*> tensors, Location at = {}) const {
    materialize(std::vector<Tensor*>(tensors), at);
  }
  void materialize(const std::vector<Tensor*>& tensors, Location at = {}) const {
    std::vector<atl_tensor> handles;
    for (const Tensor* tensor : tensors) {
      handles.push_back(tensor->handle());
    }
    detail::core->materialize(context(), handles.data(), handles.size(), at);
    size_t i = 0;
    for (Tensor* tensor : tensors) {
      *tensor = Tensor(context(), handles[i++]);
    }
  }
};

// One call for samples.
class Sampling : public Evaluation {
 public:
  using Evaluation::Evaluation;
};

}  // namespace atelier
