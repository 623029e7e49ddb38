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
#include "tensor/memory.hpp"

namespace atelier::plugin {
namespace {

constexpr uint64_t most_arrays = 1000;

// Names of arrays become names in a log.
void check_names(const std::string& stage, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const std::string problem = catalog::problem_of_text(name); !problem.empty()) {
      throw Error(ErrorKind::plugin, "{}: the name of an array {}", stage, problem);
    }
    if (name.find('/') != std::string::npos) {
      throw Error(ErrorKind::plugin, "{}: the array {} has a '/' in its name, which is no name in a log", stage,
                  catalog::quoted(name));
    }
  }
  for (const std::string& name : catalog::repeated(names)) {
    throw Error(ErrorKind::plugin, "{}: the array {} is declared twice", stage, catalog::quoted(name));
  }
}

template <typename Declared>
std::span<const int64_t> dims_of(const Declared& array) {
  return span_of<int64_t>(array.dims, array.rank, tensor::Shape::max_rank,
                          "the shape of the metric's array " + catalog::quoted(own(array.name)));
}

MetricPass read_pass(const std::string& stage, const atl_pass& pass) {
  if (pass.data < ATL_NO_DATA || pass.data > ATL_TRAINING_SPLIT) {
    throw Error(ErrorKind::plugin,
                "{}: a pass goes over the data {}, expected ATL_NO_DATA, ATL_EVALUATED_SPLIT or "
                "ATL_TRAINING_SPLIT",
                stage, pass.data);
  }
  const MetricPass out{static_cast<PassData>(pass.data), pass.generates != 0, pass.samples};
  if (out.data == PassData::none && (!out.generates || out.samples < 1)) {
    throw Error(ErrorKind::plugin, "{}: a pass without data {}", stage,
                out.generates ? fmt::format("generates {} samples, expected at least 1", out.samples)
                              : "generates nothing, expected one of both");
  }
  if (out.samples < 0) {
    throw Error(ErrorKind::plugin, "{}: a pass over {} samples, expected 0 for all, or more", stage, out.samples);
  }
  return out;
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
  find_passes();
  find_results(name);
}

Metric::Metric(Model& model, const atl_metric_v1& table, void* self)
    : stage_(fmt::format("model '{}'", model.recipe().model.use)),
      component_(model.component()),
      table_(table),
      model_(model),
      self_(self) {
  find_passes();
  find_results("");
}

std::unique_ptr<Metric> Metric::of_model(Model& model) {
  const Model::OwnMetric own = model.own_metric();
  return own.table == nullptr ? nullptr : std::unique_ptr<Metric>(new Metric(model, *own.table, own.self));
}

void Metric::find_passes() {
  const atl_pass* first = nullptr;
  uint64_t count = 0;
  if (table_.passes(self_, &first, &count) != ATL_OK || count == 0) {
    throw Error(ErrorKind::plugin, "{}: says of no pass over samples, expected at least one", stage_);
  }
  for_each(first, count, most_arrays, stage_ + ": pass", [&](const atl_pass& pass) {
    passes_.push_back(read_pass(stage_, pass));
    std::vector<Collected>& collected = collected_.emplace_back();
    std::vector<std::string> names;
    for_each(pass.collected, pass.collected_count, most_arrays, stage_ + ": array", [&](const atl_collected& array) {
      const std::span<const int64_t> dims = dims_of(array);
      names.push_back(own(array.name));
      collected.push_back({names.back(), {dims.begin(), dims.end()}, array.how == ATL_APPEND, {}});
      if (array.how != ATL_ADD && (array.how != ATL_APPEND || dims.empty() || dims.front() != -1)) {
        throw Error(
            ErrorKind::plugin,
            "{}: the array {} is collected in the way {}, with the lengths [{}]; expected ATL_ADD, or ATL_APPEND "
            "and a first length of -1",
            stage_, catalog::quoted(names.back()), array.how, fmt::join(dims, ", "));
      }
    });
    check_names(stage_, names);
  });
}

// Results are called after `name` and themselves, joined by a point where both are there.
void Metric::find_results(const std::string& name) {
  const atl_array* first = nullptr;
  uint64_t count = 0;
  if (table_.results(self_, &first, &count) != ATL_OK) {
    throw Error(ErrorKind::plugin, "{}: does not say what its results are", stage_);
  }
  std::vector<std::string> names;
  for_each(first, count, most_arrays, stage_ + ": result", [&](const atl_array& array) {
    names.push_back(own(array.name));
    const std::string_view point = name.empty() || names.back().empty() ? "" : ".";
    tensor::Shape shape;
    try {
      shape = tensor::Shape(dims_of(array));
    } catch (const Error& error) {
      throw Error(ErrorKind::plugin, "{}: '{}': {}", stage_, names.back(), error.what());
    }
    results_.push_back({fmt::format("{}{}{}", name, point, names.back()), shape,
                        std::vector<double>(static_cast<size_t>(shape.elements()), std::nan(""))});
  });
  check_names(stage_, names);
  for (const MetricArray& result : results_) {
    if (const std::string problem = catalog::problem_of_logged_name(result.name); !problem.empty()) {
      throw Error(ErrorKind::plugin, "{}: the result {} {}", stage_, catalog::quoted(result.name), problem);
    }
  }
}

void Metric::begin_pass(size_t pass) {
  pass_ = pass;
  for (Collected& collected : collected_[pass]) {
    collected.values.clear();
  }
}

std::vector<uint32_t> Metric::record(execute::Session& session, BatchSource* batch, std::optional<uint32_t> generated,
                                     int64_t size) {
  atl_context context;
  context.model = &model_;
  context.session = &session;
  context.batch = batch;
  if (generated) {
    context.generated = {*generated, session.generation()};
  }
  context.phase.size = sizeof context.phase;
  context.phase.phase = ATL_PHASE_EVALUATE;
  context.phase.batch_size = size;
  context.stage = stage_;
  const std::vector<Collected>& collected = collected_[pass_];
  std::vector<atl_tensor> tensors(collected.size(), 0);
  const Activity activity(component_, "batch", &context);
  const atl_status status = table_.batch(self_, &context, pass_, tensors.data());
  reset_floating_point();
  context.check(status);
  std::vector<uint32_t> values;
  for (size_t i = 0; i < collected.size(); ++i) {
    const DecodedHandle decoded = from_handle(session, tensors[i]);
    if (!decoded || !fits(session.type(decoded.value).shape, collected[i].dims)) {
      throw Error(ErrorKind::shape, "{}: '{}': got {}, expected {}", stage_, collected[i].name,
                  decoded ? record::to_string(session.type(decoded.value)) : "nothing",
                  fmt::format("[{}]", fmt::join(collected[i].dims, ", ")));
    }
    values.push_back(decoded.value);
  }
  return values;
}

void Metric::collect(size_t place, const tensor::Tensor& values) {
  Collected& to = collected_[pass_][place];
  const auto elements = static_cast<size_t>(values.shape.elements());
  const auto element = [&](size_t i) {
    return execute::element(values.storage.data(), values.dtype, static_cast<int64_t>(i));
  };
  if (to.appends || to.values.empty()) {
    tensor::take_memory(
        [&] {
          return fmt::format("{}: '{}', of which {} numbers are collected by now,", stage_, to.name,
                             to.values.size() + elements);
        },
        "fewer samples, or sums in place of what is collected one by one",
        [&] {
          for (size_t i = 0; i < elements; ++i) {
            to.values.push_back(element(i));
          }
        });
    return;
  }
  if (to.values.size() != elements) {
    throw Error(ErrorKind::shape, "{}: '{}': got {} elements, the batches before have {}", stage_, to.name, elements,
                to.values.size());
  }
  for (size_t i = 0; i < elements; ++i) {
    to.values[i] += element(i);
  }
}

void Metric::end_pass() {
  std::vector<const double*> from;
  std::vector<uint64_t> lengths;
  for (const Collected& collected : collected_[pass_]) {
    from.push_back(collected.values.data());
    lengths.push_back(collected.values.size());
  }
  atl_context context;
  context.model = &model_;
  context.stage = stage_;
  const Activity activity(component_, "end_pass", &context);
  const atl_status status = table_.end_pass(self_, &context, pass_, from.data(), lengths.data());
  reset_floating_point();
  context.check(status);
}

std::vector<MetricArray> Metric::finish() {
  std::vector<MetricArray> out = results_;
  std::vector<double*> to;
  for (MetricArray& result : out) {
    to.push_back(result.values.data());
  }
  atl_context context;
  context.model = &model_;
  context.stage = stage_;
  const Activity activity(component_, "finish", &context);
  const atl_status status = table_.finish(self_, &context, to.data());
  reset_floating_point();
  context.check(status);
  return out;
}

}  // namespace atelier::plugin
