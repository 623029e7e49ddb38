// What the constructor of a model, a loss or a metric declares: parameters and state, losses, other runs' models.
#pragma once

#include <algorithm>
#include <atelier/description.hpp>
#include <atelier/tensor.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace atelier {

// How a parameter starts. See atl_initializer for the formulas.
struct Initializer {
  atl_initializer kind = ATL_INIT_CONSTANT;
  double a = 0, b = 0;
  // The kind of what has a name that nothing has: as far as there is room for the name, and where it was given. The
  // parameter that this is for says so, as nothing can fail before.
  static constexpr atl_initializer no_initializer = -1;
  char unknown[40]{};
  atl_location place = detail::nowhere;

  static Initializer constant(double value) { return {ATL_INIT_CONSTANT, value, 0}; }
  static Initializer normal(double mean, double deviation) { return {ATL_INIT_NORMAL, mean, deviation}; }
  static Initializer uniform(double low, double high) { return {ATL_INIT_UNIFORM, low, high}; }
  // By the names that Description::initialization offers; "normal" is N(0, 0.02), as in DCGAN (Radford et al. 2016).
  static Initializer named(std::string_view name, Location at = {}) {
    if (name == "glorot_uniform") return {ATL_INIT_GLOROT_UNIFORM, 1, 0};
    if (name == "glorot_normal") return {ATL_INIT_GLOROT_NORMAL, 1, 0};
    if (name == "he_uniform") return {ATL_INIT_HE_UNIFORM, 1.4142135623730951, 0};
    if (name == "he_normal") return {ATL_INIT_HE_NORMAL, 1.4142135623730951, 0};
    if (name == "orthogonal") return {ATL_INIT_ORTHOGONAL, 1, 0};
    if (name == "normal") return normal(0, 0.02);
    Initializer none{.kind = no_initializer, .place = at};
    name = name.substr(0, sizeof none.unknown - 1);
    std::copy(name.begin(), name.end(), none.unknown);
    return none;
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
    Builder out = scope(name);
    out.group_ = name;
    return out;
  }
  // The same group, one level deeper in names: "encoder" and then "0".
  [[nodiscard]] ATELIER_ONCE Builder scope(std::string_view name) const {
    Builder out = *this;
    out.scope_.append(name).push_back('.');
    return out;
  }
  [[nodiscard]] const std::string& group_name() const { return group_; }
  [[nodiscard]] std::string scope_name() const { return scope_.empty() ? scope_ : scope_.substr(0, scope_.size() - 1); }

  // A weight. fan_in and fan_out are those of its layer.
  Parameter parameter(std::string_view name, Integers dims, Initializer initializer, int64_t fan_in = 1,
                      int64_t fan_out = 1) const {
    require_group();
    if (initializer.kind == Initializer::no_initializer) {
      fail(detail::unknown_name("initializer", initializer.unknown, detail::initializer_names), initializer.place);
    }
    atl_parameter_info info = info_of(dims, initializer);
    info.fan_in = fan_in;
    info.fan_out = fan_out;
    return declare(name, group_, info);
  }
  // A tensor that training changes by assign() alone: running statistics, a codebook.
  Parameter state(std::string_view name, Integers dims, double value) const {
    return declare(name, "", info_of(dims, Initializer::constant(value)));
  }
  [[nodiscard]] LossHandle loss(std::string_view slot) const {
    atl_loss handle = 0;
    detail::core->loss(context_, detail::string(slot), &handle);
    return LossHandle(handle);
  }
  // The same of whole numbers.
  Parameter integer_state(std::string_view name, Integers dims, int64_t value) const {
    atl_parameter_info info = info_of(dims, Initializer::constant(static_cast<double>(value)));
    info.dtype = ATL_INT64;
    return declare(name, "", info);
  }
  // A weight that starts from given values, one for each element.
  Parameter parameter(std::string_view name, Integers dims, const std::vector<float>& values) const {
    require_group();
    return declare(name, group_, from_values(dims, values));
  }
  Parameter state(std::string_view name, Integers dims, const std::vector<float>& values) const {
    return declare(name, "", from_values(dims, values));
  }
  // A weight that starts from a tensor of a safetensors file; a relative path is relative to the experiment's folder.
  Parameter parameter_from_file(std::string_view name, Integers dims, std::string_view file,
                                std::string_view tensor) const {
    require_group();
    atl_parameter_info info = info_of(dims, {ATL_INIT_FILE, 0, 0});
    info.file = detail::string(file);
    info.file_tensor = detail::string(tensor);
    return declare(name, group_, info);
  }
  // Another run's model, named by its experiment (its newest finished run) or by a log's path.
  [[nodiscard]] Features features(std::string_view run) const {
    atl_features handle = 0;
    detail::core->features(context_, detail::string(run), &handle);
    return Features(handle);
  }
  // Settings or data that this model cannot work with: say which, what was found and what was expected. Ends the
  // constructor, but in a plugin without exceptions, which has to return.
  void fail(std::string_view message, atl_location at = detail::nowhere) const {
    detail::fail(context_, ATL_ERROR_ARGUMENT, message, at);
    detail::stop();
  }

 private:
  ATELIER_ONCE static atl_parameter_info info_of(Integers dims, Initializer initializer) {
    atl_parameter_info info{};
    info.size = sizeof info;
    info.dims = dims.data;
    info.rank = static_cast<uint32_t>(dims.size);
    info.dtype = ATL_REAL;
    info.initializer = initializer.kind;
    info.a = initializer.a;
    info.b = initializer.b;
    info.fan_in = info.fan_out = 1;
    info.file = info.file_tensor = detail::string("");
    return info;
  }
  [[nodiscard]] atl_parameter_info from_values(Integers dims, const std::vector<float>& values) const {
    int64_t elements = 1;
    for (size_t axis = 0; axis < dims.size; ++axis) {
      elements *= dims.data[axis];
    }
    if (elements != static_cast<int64_t>(values.size())) {
      fail("got " + std::to_string(values.size()) + " values for a parameter of " + std::to_string(elements) +
           " elements");
    }
    atl_parameter_info info = info_of(dims, {ATL_INIT_VALUES, 0, 0});
    info.values = values.data();
    return info;
  }
  void require_group() const {
    if (group_.empty()) {
      fail("a parameter needs a group: declare it with build.group(\"…\")");
    }
  }
  ATELIER_ONCE Parameter declare(std::string_view name, std::string_view group, atl_parameter_info info) const {
    const std::string full = scope_ + std::string(name);
    info.name = detail::string(full);
    info.group = detail::string(group);
    atl_parameter handle = 0;
    detail::core->parameter(context_, &info, &handle);
    return Parameter(handle);
  }

  atl_context* context_;
  std::string group_;
  std::string scope_;
};

namespace detail {

// As a network is made, and not only where its recording would notice.
template <size_t count>
void require_name(const Builder& build, std::string_view what, std::string_view found,
                  const char* const (&names)[count], Location at) {
  if (const std::string problem = unknown_name(what, found, names); !problem.empty()) {
    build.fail(problem, at);
  }
}

}  // namespace detail

}  // namespace atelier
