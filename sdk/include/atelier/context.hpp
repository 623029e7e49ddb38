// What a model is given: the data's description, a builder, and the step, evaluation or sampling that it records.
#pragma once

#include <atelier/description.hpp>
#include <atelier/tensor.hpp>

namespace atelier {

// One named array of every sample.
struct Field {
  std::string name;
  atl_dtype dtype = ATL_FLOAT32;
  std::vector<int64_t> dims;                  // without the batch axis
  int64_t classes = 0;                        // of an integer field; 0 where unbounded
  double low = 0, high = 1;                   // of a float field: the range of its values
  std::vector<std::string> class_names = {};  // of an integer field: one for each class, or none

  [[nodiscard]] int64_t elements() const {
    int64_t product = 1;
    for (const int64_t length : dims) {
      product *= length;
    }
    return product;
  }
};

class DataSpec {
 public:
  explicit DataSpec(const atl_data_spec& spec) : train_count(spec.train_count), test_count(spec.test_count) {
    const char* field = reinterpret_cast<const char*>(spec.fields);
    for (uint64_t i = 0; i < spec.field_count; ++i, field += spec.fields->size) {
      const auto& found = *reinterpret_cast<const atl_field*>(field);
      fields.push_back({std::string(detail::view(found.name)),
                        found.dtype,
                        {found.dims, found.dims + found.rank},
                        found.classes,
                        found.low,
                        found.high});
      constexpr uint64_t size_with_names = offsetof(atl_field, class_name_count) + sizeof found.class_name_count;
      for (uint64_t c = 0; found.size >= size_with_names && c < found.class_name_count; ++c) {
        fields.back().class_names.emplace_back(detail::view(found.class_names[c]));
      }
    }
  }

  // Null where the data has no such field.
  [[nodiscard]] const Field* find(std::string_view name) const {
    for (const Field& field : fields) {
      if (field.name == name) {
        return &field;
      }
    }
    return nullptr;
  }
  // The images, (C, H, W); an empty field where the data has none.
  [[nodiscard]] const Field& image() const {
    static const Field none{};
    const Field* found = find("image");
    return found == nullptr ? none : *found;
  }
  [[nodiscard]] int64_t channels() const { return image().dims.size() == 3 ? image().dims[0] : 0; }
  [[nodiscard]] int64_t height() const { return image().dims.size() == 3 ? image().dims[1] : 0; }
  [[nodiscard]] int64_t width() const { return image().dims.size() == 3 ? image().dims[2] : 0; }
  // Of the labels; 0 where the data has none.
  [[nodiscard]] int64_t classes() const {
    const Field* found = find("label");
    return found == nullptr ? 0 : found->classes;
  }
  // Of the labels' classes; none where the data has no labels, or does not name them.
  [[nodiscard]] std::vector<std::string> class_names() const {
    const Field* found = find("label");
    return found == nullptr ? std::vector<std::string>() : found->class_names;
  }

  std::vector<Field> fields;
  int64_t train_count = 0, test_count = 0;
};

// How a parameter starts. See atl_initializer for the formulas.
struct Initializer {
  atl_initializer kind = ATL_INIT_CONSTANT;
  double a = 0, b = 0;

  static Initializer constant(double value) { return {ATL_INIT_CONSTANT, value, 0}; }
  static Initializer normal(double mean, double deviation) { return {ATL_INIT_NORMAL, mean, deviation}; }
  static Initializer uniform(double low, double high) { return {ATL_INIT_UNIFORM, low, high}; }
  // By the names that Description::initialization offers; "normal" is N(0, 0.02), as in DCGAN (Radford et al. 2016).
  static Initializer named(std::string_view name) {
    if (name == "glorot_normal") return {ATL_INIT_GLOROT_NORMAL, 1, 0};
    if (name == "he_uniform") return {ATL_INIT_HE_UNIFORM, 1.4142135623730951, 0};
    if (name == "he_normal") return {ATL_INIT_HE_NORMAL, 1.4142135623730951, 0};
    if (name == "orthogonal") return {ATL_INIT_ORTHOGONAL, 1, 0};
    if (name == "normal") return normal(0, 0.02);
    return {ATL_INIT_GLOROT_UNIFORM, 1, 0};
  }
};

// A weight or a state tensor of the model. Copyable; belongs to the model.
class Parameter {
 public:
  Parameter() = default;
  explicit Parameter(atl_parameter handle) : handle_(handle) {}
  [[nodiscard]] atl_parameter handle() const { return handle_; }
  // Its value as of now: updates that are recorded later are not seen by what is computed from it.
  [[nodiscard]] Tensor use(atl_context* context) const {
    atl_tensor tensor = 0;
    detail::core->use(context, handle_, &tensor);
    return {context, tensor};
  }
  [[nodiscard]] Tensor use(Tensor beside) const { return use(beside.context()); }
  // Training only: gives it a new value, unless the experiment has frozen its group.
  void assign(Tensor value, Location at = {}) const {
    detail::core->assign(value.context(), handle_, value.handle(), at);
  }

 private:
  atl_parameter handle_ = 0;
};

// A loss that the experiment has put into a slot of this model; see the classes in losses.hpp.
class LossHandle {
 public:
  LossHandle() = default;
  explicit LossHandle(atl_loss handle) : handle_(handle) {}

 protected:
  Tensor call(int32_t function, std::initializer_list<Tensor> inputs, const atl_network* network, Location at) const {
    atl_tensor handles[4] = {};
    size_t count = 0;
    for (const Tensor& input : inputs) {
      handles[count++] = input.handle();
    }
    atl_context* context = inputs.begin()->context();
    static constexpr atl_network none{};
    atl_tensor output = 0;
    detail::core->call_loss(context, handle_, function, handles, count, network == nullptr ? &none : network, at,
                            &output);
    return {context, output};
  }

 private:
  atl_loss handle_ = 0;
};

// Another run's model, frozen. `names` are those that its model offers.
class Features {
 public:
  Features() = default;
  explicit Features(atl_features handle) : handle_(handle) {}
  // Images in this run's scaling to the named feature, differentiable in the images.
  [[nodiscard]] Tensor operator()(At images, std::string_view name) const {
    const atl_string wanted = detail::string(name);
    atl_tensor output = 0;
    detail::core->apply_features(images.tensor.context(), handle_, images.tensor.handle(), &wanted, 1,
                                 images.location(), &output);
    return {images.tensor.context(), output};
  }

 private:
  atl_features handle_ = 0;
};

// Declares what a model or a loss consists of. Valid in the constructor only.
class Builder {
 public:
  explicit Builder(atl_context* context) : context_(context) {}

  // A builder whose parameters belong to `group`, which minimize() names, and are called "group.…".
  [[nodiscard]] Builder group(std::string_view name) const {
    Builder out = *this;
    out.group_ = name;
    out.scope_ = scope_ + std::string(name) + ".";
    return out;
  }
  // The same group, one level deeper in names: "encoder" and then "0".
  [[nodiscard]] Builder scope(std::string_view name) const {
    Builder out = *this;
    out.scope_ = scope_ + std::string(name) + ".";
    return out;
  }
  [[nodiscard]] const std::string& group_name() const { return group_; }
  [[nodiscard]] std::string scope_name() const { return scope_.empty() ? scope_ : scope_.substr(0, scope_.size() - 1); }

  // A weight. fan_in and fan_out are those of its layer.
  Parameter parameter(std::string_view name, Integers dims, Initializer initializer, int64_t fan_in = 1,
                      int64_t fan_out = 1) const {
    if (group_.empty()) {
      fail("a parameter needs a group: declare it with build.group(\"…\")");
    }
    return declare(name, group_, dims, initializer, fan_in, fan_out);
  }
  // A tensor that training changes by assign() alone: running statistics, a codebook.
  Parameter state(std::string_view name, Integers dims, double value) const {
    return declare(name, "", dims, Initializer::constant(value), 1, 1);
  }
  [[nodiscard]] LossHandle loss(std::string_view slot) const {
    atl_loss handle = 0;
    detail::core->loss(context_, detail::string(slot), &handle);
    return LossHandle(handle);
  }
  // Another run's model, named by its experiment (its newest finished run) or by a log's path.
  [[nodiscard]] Features features(std::string_view run) const {
    atl_features handle = 0;
    detail::core->features(context_, detail::string(run), &handle);
    return Features(handle);
  }
  // Settings or data that this model cannot work with: say which, what was found and what was expected. Ends the
  // constructor, but in a plugin without exceptions, which has to return.
  void fail(std::string_view message) const {
    detail::fail(context_, ATL_ERROR_ARGUMENT, message, {"", 0});
    detail::stop();
  }

 private:
  Parameter declare(std::string_view name, std::string_view group, Integers dims, Initializer initializer,
                    int64_t fan_in, int64_t fan_out) const {
    const std::string full = scope_ + std::string(name);
    const atl_parameter_info info{
        sizeof info,      detail::string(full), detail::string(group), dims.data, static_cast<uint32_t>(dims.size),
        initializer.kind, initializer.a,        initializer.b,         fan_in,    fan_out};
    atl_parameter handle = 0;
    detail::core->parameter(context_, &info, &handle);
    return Parameter(handle);
  }

  atl_context* context_;
  std::string group_;
  std::string scope_;
};

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
    return draw("random_normal/1", dims, at);
  }  // N(0, 1)
  [[nodiscard]] Tensor uniform(Integers dims, Location at = {}) const {
    return draw("random_uniform/1", dims, at);
  }  // (0, 1)
  [[nodiscard]] Tensor scalar(double value, Location at = {}) const { return detail::scalar(context_, value, at); }
  [[nodiscard]] Tensor full(Integers dims, double value, Location at = {}) const {
    return broadcast_to(At(scalar(value, at), at), dims);
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
  Tensor draw(std::string_view operation, Integers dims, Location at) const {
    static const atl_operation normal_draw = detail::operation("random_normal/1");
    static const atl_operation uniform_draw = detail::operation("random_uniform/1");
    return detail::apply(context_, operation == "random_normal/1" ? normal_draw : uniform_draw, {},
                         {detail::attribute(dims)}, at);
  }

  atl_context* context_;
};

// One training step.
class Step : public Recording {
 public:
  using Recording::Recording;
  [[nodiscard]] Tensor images(Location at = {}) const { return field("image", at); }  // (B, C, H, W)
  [[nodiscard]] Tensor labels(Location at = {}) const { return field("label", at); }  // int64 (B)
  [[nodiscard]] Tensor data(std::string_view name, Location at = {}) const { return field(name, at); }
  [[nodiscard]] int64_t batch_size() const { return info().batch_size; }
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
class Evaluation : public Recording {
 public:
  using Recording::Recording;
  [[nodiscard]] Tensor images(Location at = {}) const { return field("image", at); }
  [[nodiscard]] Tensor labels(Location at = {}) const { return field("label", at); }
  [[nodiscard]] Tensor data(std::string_view name, Location at = {}) const { return field(name, at); }
  [[nodiscard]] int64_t batch_size() const { return info().batch_size; }
  // The metric is the sum of all values over the sum of all counts, so that a smaller last batch weighs right.
  void add(std::string_view name, Tensor sum, Tensor count, Location at = {}) const {
    detail::core->log(context(), detail::string(name), sum.handle(), count.handle(), at);
  }
  void add(std::string_view name, Tensor sum, double count, Location at = {}) const {
    add(name, sum, scalar(count, at), at);
  }
  // The metric is the mean of these values, one for each sample.
  void add_per_sample(std::string_view name, At values) const {
    add(name, sum(values), static_cast<double>(values.tensor.dim(0)), values.location());
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

// One call for images.
class Sampling : public Evaluation {
 public:
  using Evaluation::Evaluation;
};

}  // namespace atelier
