#include "plugin/metric.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "catalog/names.hpp"
#include "execute/launch.hpp"
#include "plugin/activity.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/context.hpp"
#include "plugin/handles.hpp"
#include "plugin/promises.hpp"

namespace atelier::plugin {
namespace {

using ListArrays = atl_status (*)(void* self, const atl_array** arrays, uint64_t* count);

std::span<const atl_array> arrays_of(atl_context& context, void* self, ListArrays list) {
  constexpr uint64_t most = 1000;
  const atl_array* arrays = nullptr;
  uint64_t count = 0;
  context.check(list(self, &arrays, &count));
  const auto out = span_of<atl_array>(arrays, count, most, context.stage + ": its list of arrays");
  std::vector<std::string> names;
  for (const atl_array& array : out) {
    names.push_back(own(array.name));
    if (const std::string problem = catalog::problem_of_text(names.back()); !problem.empty()) {
      throw Error(ErrorKind::plugin, "{}: the name of an array {}", context.stage, problem);
    }
    if (names.back().find('/') != std::string::npos) {
      throw Error(ErrorKind::plugin, "{}: the array {} has a '/' in its name, which is no name in a log", context.stage,
                  catalog::quoted(names.back()));
    }
  }
  for (const std::string& name : catalog::repeated(names)) {
    throw Error(ErrorKind::plugin, "{}: the array {} is declared twice", context.stage, catalog::quoted(name));
  }
  return out;
}

std::span<const int64_t> dims_of(const atl_array& array) {
  return span_of<int64_t>(array.dims, array.rank, tensor::Shape::max_rank,
                          "the shape of the metric's array " + catalog::quoted(own(array.name)));
}

tensor::Shape shape_of(const std::string& what, const atl_array& array) {
  try {
    return tensor::Shape(dims_of(array));
  } catch (const Error& error) {
    throw Error(ErrorKind::plugin, "{}: {}", what, error.what());
  }
}

}  // namespace

Metric::Metric(const Registry& registry, const std::string& name, const catalog::ComponentChoice& choice, Model& model)
    : stage_(fmt::format("metric '{}'", choice.use)),
      component_(registry.get(catalog::Kind::metric, choice.use)),
      table_(registry.metric(choice.use)),
      model_(model),
      instance_(component_, table_.destroy),
      self_(nullptr) {
  atl_context context;
  context.model = &model_;
  context.phase.size = sizeof context.phase;
  context.stage = stage_;
  const AbiSettings settings(choice.settings);
  const AbiDataSpec data(model_.recipe().data);
  const Activity activity(component_, "constructor", &context);
  model_.while_building([&] {
    const atl_status status = table_.create(&context, data.get(), settings.get(), instance_.created());
    reset_floating_point();
    context.check(status);
  });
  self_ = instance_.self();
  find_arrays(name);
}

Metric::Metric(Model& model, const atl_metric_v1& table, void* self)
    : stage_(fmt::format("model '{}'", model.recipe().model.use)),
      component_(model.component()),
      table_(table),
      model_(model),
      self_(self) {
  find_arrays("");
}

std::unique_ptr<Metric> Metric::of_model(Model& model) {
  const Model::OwnMetric own = model.own_metric();
  return own.table == nullptr ? nullptr : std::unique_ptr<Metric>(new Metric(model, *own.table, own.self));
}

// Results are called after `name` and themselves, joined by a point where both are there.
void Metric::find_arrays(const std::string& name) {
  atl_context context;
  context.model = &model_;
  context.stage = stage_;
  for (const atl_array& array : arrays_of(context, self_, table_.sums)) {
    const std::span<const int64_t> dims = dims_of(array);
    sums_.push_back({own(array.name), {dims.begin(), dims.end()}, {}});
  }
  for (const atl_array& array : arrays_of(context, self_, table_.results)) {
    const std::string own_name = own(array.name);
    const std::string_view point = name.empty() || own_name.empty() ? "" : ".";
    const tensor::Shape shape = shape_of(fmt::format("{}: '{}'", stage_, own_name), array);
    results_.push_back({fmt::format("{}{}{}", name, point, own_name), shape,
                        std::vector<double>(static_cast<size_t>(shape.elements()), std::nan(""))});
  }
}

int64_t Metric::generated() const {
  const Activity activity(component_, "generated");
  return table_.generated(self_);
}

void Metric::begin() {
  for (Sum& sum : sums_) {
    sum.values.clear();
  }
}

std::vector<uint32_t> Metric::record(execute::Session& session, BatchSource& batch) {
  atl_context context;
  context.session = &session;
  context.batch = &batch;
  context.phase.batch_size = batch.size();
  return record(context);
}

std::vector<uint32_t> Metric::record_generated(execute::Session& session, uint32_t images, int64_t n) {
  atl_context context;
  context.session = &session;
  context.generated = {images, session.generation()};
  context.phase.batch_size = n;
  return record(context);
}

std::vector<uint32_t> Metric::record(atl_context& context) {
  context.model = &model_;
  context.phase.size = sizeof context.phase;
  context.phase.phase = ATL_PHASE_EVALUATE;
  context.stage = stage_;
  std::vector<atl_tensor> tensors(sums_.size(), 0);
  const Activity activity(component_, "batch", &context);
  const atl_status status = table_.batch(self_, &context, tensors.data());
  reset_floating_point();
  context.check(status);
  std::vector<uint32_t> values;
  for (size_t i = 0; i < sums_.size(); ++i) {
    const execute::Session& session = *context.session;
    const DecodedHandle decoded = from_handle(session, tensors[i]);
    if (!decoded || !fits(session.type(decoded.value).shape, sums_[i].dims)) {
      throw Error(ErrorKind::shape, "{}: '{}': got {}, expected {}", stage_, sums_[i].name,
                  decoded ? record::to_string(session.type(decoded.value)) : "nothing",
                  fmt::format("[{}]", fmt::join(sums_[i].dims, ", ")));
    }
    values.push_back(decoded.value);
  }
  return values;
}

void Metric::add(size_t sum, const tensor::Tensor& values) {
  std::vector<double>& to = sums_[sum].values;
  const auto elements = static_cast<size_t>(values.shape.elements());
  if (to.empty()) {
    to.resize(elements);
  } else if (to.size() != elements) {
    throw Error(ErrorKind::shape, "{}: '{}': got {} elements, the batches before have {}", stage_, sums_[sum].name,
                elements, to.size());
  }
  for (size_t i = 0; i < to.size(); ++i) {
    to[i] += execute::element(values.storage.data(), values.dtype, static_cast<int64_t>(i));
  }
}

std::vector<MetricArray> Metric::finish() {
  std::vector<MetricArray> out = results_;
  std::vector<const double*> from;
  std::vector<uint64_t> lengths;
  std::vector<double*> to;
  for (const Sum& sum : sums_) {
    from.push_back(sum.values.data());
    lengths.push_back(sum.values.size());
  }
  for (MetricArray& result : out) {
    to.push_back(result.values.data());
  }
  atl_context context;
  context.model = &model_;
  context.stage = stage_;
  const Activity activity(component_, "finish", &context);
  const atl_status status = table_.finish(self_, &context, from.data(), lengths.data(), to.data());
  reset_floating_point();
  context.check(status);
  return out;
}

}  // namespace atelier::plugin
