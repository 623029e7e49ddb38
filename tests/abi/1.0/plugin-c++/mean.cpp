// A plugin in C++ against the headers of the contract alone, as they were released: a model that learns the mean image,
// with members that throw, behind tables of lambdas that let nothing through.
#include <atelier/abi.h>

#include <array>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

const atl_core* core = nullptr;

atl_string text(std::string_view letters) {
  return {letters.data(), letters.size()};
}

void check(atl_status status) {
  if (status != ATL_OK) {
    throw std::runtime_error("the host has said what is wrong");  // which stays the first failure
  }
}

template <typename Body>
atl_status guarded(atl_context* context, const Body& body) noexcept {
  try {
    body();
    return ATL_OK;
  } catch (const std::exception& error) {
    core->fail(context, ATL_ERROR_INTERNAL, text(error.what()), {__FILE__, __LINE__, 0});
    return ATL_ERROR_INTERNAL;
  }
}

class Recording {
 public:
  explicit Recording(atl_context* context) : context_(context) {}

  atl_tensor operator()(const std::string& name, const std::vector<atl_tensor>& inputs,
                        const std::vector<int64_t>& list = {}) const {
    atl_attribute attribute{};
    attribute.type = ATL_INTEGERS;
    attribute.count = static_cast<uint32_t>(list.size());
    attribute.value.integers = list.data();
    atl_tensor output = 0;
    atl_call call{};
    call.size = sizeof call;
    call.line = __LINE__;
    call.file = __FILE__;
    call.inputs = inputs.data();
    call.input_count = static_cast<uint32_t>(inputs.size());
    call.attributes = &attribute;
    call.attribute_count = list.empty() ? 0 : 1;
    call.outputs = &output;
    call.output_count = 1;
    check(core->operation(text(name), &call.operation));
    check(core->apply(context_, &call));
    return output;
  }
  [[nodiscard]] atl_tensor image() const {
    atl_tensor tensor = 0;
    check(core->field(context_, text("image"), {__FILE__, __LINE__, 0}, &tensor));
    return tensor;
  }
  [[nodiscard]] atl_context* context() const { return context_; }

 private:
  atl_context* context_;
};

class Mean {
 public:
  Mean(atl_context* context, const atl_data_spec& spec) : dims_(spec.fields->dims, spec.fields->dims + 3) {
    atl_parameter_info info{};
    info.size = sizeof info;
    info.name = text("mean");
    info.group = text("mean");
    info.dims = dims_.data();
    info.rank = 3;
    info.dtype = ATL_REAL;
    info.initializer = ATL_INIT_CONSTANT;
    info.a = 0.5;
    info.file = info.file_tensor = text("");
    check(core->parameter(context, &info, &mean_));
  }
  void train_step(const Recording& record) const {
    const atl_tensor loss = record("mean/1", {distances(record)});
    check(core->minimize(record.context(), text("mean"), loss, {__FILE__, __LINE__, 0}));
    check(core->log(record.context(), text("loss"), loss, 0, {__FILE__, __LINE__, 0}));
  }
  void evaluate(const Recording& record) const {
    const atl_tensor each = distances(record);
    atl_tensor_info info{};
    info.size = sizeof info;
    check(core->describe(record.context(), each, &info));
    const auto samples = static_cast<float>(info.dims[0]);
    atl_tensor count = 0;
    check(core->constant(record.context(), ATL_FLOAT32, nullptr, 0, &samples, {__FILE__, __LINE__, 0}, &count));
    check(core->log(record.context(), text("loss"), record("sum/1", {each}), count, {__FILE__, __LINE__, 0}));
  }
  [[nodiscard]] atl_tensor sample(const Recording& record, int64_t n) const {
    return record("broadcast_to/1", {mean(record)}, {n, dims_[0], dims_[1], dims_[2]});
  }

 private:
  [[nodiscard]] atl_tensor mean(const Recording& record) const {
    atl_tensor tensor = 0;
    check(core->use(record.context(), mean_, &tensor));
    return tensor;
  }
  [[nodiscard]] atl_tensor distances(const Recording& record) const {  // (B)
    return record("sum/1", {record("square/1", {record("sub/1", {record.image(), mean(record)})})}, {1, 2, 3});
  }

  std::vector<int64_t> dims_;
  atl_parameter mean_ = 0;
};

const Mean& itself(const void* self) {
  return *static_cast<const Mean*>(self);
}

constexpr atl_model_v1 table = {sizeof(atl_model_v1),
                                [](atl_context* context, const atl_data_spec* spec, const atl_settings*, void** self) {
                                  return guarded(context, [&] { *self = new Mean(context, *spec); });
                                },
                                [](void* self) { delete static_cast<Mean*>(self); },
                                [](const void* self, atl_context* context) {
                                  return guarded(context, [&] { itself(self).train_step(Recording(context)); });
                                },
                                [](const void* self, atl_context* context) {
                                  return guarded(context, [&] { itself(self).evaluate(Recording(context)); });
                                },
                                [](const void*, atl_string* name) -> atl_status {
                                  *name = text("image");
                                  return ATL_OK;
                                },
                                [](const void* self, atl_context* context, int64_t n, atl_tensor* samples) {
                                  return guarded(context,
                                                 [&] { *samples = itself(self).sample(Recording(context), n); });
                                },
                                [](const void*, atl_string, const void** extension) -> atl_status {
                                  *extension = nullptr;
                                  return ATL_ERROR_UNSUPPORTED;
                                }};

}  // namespace

ATL_EXPORT atl_status atelier_plugin(const atl_host* host, atl_plugin* plugin) {
  static const atl_description description = [] {
    atl_description out{};
    out.size = sizeof out;
    out.name = text("released-mean");
    out.summary = text("The mean image.");
    return out;
  }();
  static const atl_component component = {sizeof component, text(ATL_MODEL_V1), &description, &table};
  static constexpr std::array<const atl_component*, 1> components = {&component};
  const atl_status status = host->connect(host, ATL_ABI_MAJOR, 0, ATL_ABI_MINOR, &core);
  if (status == ATL_OK) {
    plugin->name = text("released-c++");
    plugin->version = text("1.0.0");
    plugin->components = components.data();
    plugin->component_count = components.size();
  }
  return status;
}
