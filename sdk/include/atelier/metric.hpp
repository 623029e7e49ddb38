// How to write a metric: what is measured of a trained model beyond its own evaluation. See the plugin classification
// for whole ones, and generated for one of what the model makes.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/plugin.hpp>
#include <atelier/recording.hpp>
#include <cstddef>
#include <utility>

namespace atelier {

// A named array of numbers, in row-major order. Without lengths it is one number.
struct Array {
  std::string name;
  std::vector<int64_t> dims;

  [[nodiscard]] size_t elements() const {
    size_t product = 1;
    for (const int64_t length : dims) {
      product *= static_cast<size_t>(length);
    }
    return product;
  }
};

// What a pass keeps of its batches: added up, element by element, where a length of -1 is what the first batch gives
// it; or one behind the other along the first axis, whose length is -1.
struct Collected {
  std::string name;
  std::vector<int64_t> dims;
  enum class How : int32_t { add = ATL_ADD, append = ATL_APPEND } how = How::add;

  static Collected sum(std::string name, std::vector<int64_t> dims = {}) {
    return {std::move(name), std::move(dims), How::add};
  }
  // Of each sample an array of these lengths.
  static Collected each(std::string name, std::vector<int64_t> dims = {}) {
    dims.insert(dims.begin(), -1);
    return {std::move(name), std::move(dims), How::append};
  }
};

// One way through samples: of a split, of what the model generates, or of both side by side.
struct Pass {
  enum class Data : int32_t { none = ATL_NO_DATA, evaluated = ATL_EVALUATED_SPLIT, training = ATL_TRAINING_SPLIT };
  Data data = Data::evaluated;
  bool generates = false;  // the model makes as many samples as each batch has
  int64_t samples = 0;     // at most so many, 0: the whole split; without data: how many are generated
  std::vector<Collected> collected = {};

  static Pass over(Data data, std::vector<Collected> collected, int64_t samples = 0) {
    return {data, false, samples, std::move(collected)};
  }
  static Pass generated(int64_t samples, std::vector<Collected> collected) {
    return {Data::none, true, samples, std::move(collected)};
  }
};

// What the passes so far have collected: [pass][place in Pass::collected][element].
using ValueLists = std::vector<std::vector<double>>;
using CollectedValues = std::vector<ValueLists>;

// One batch of what is measured.
class Measurement : public Evaluation {
 public:
  Measurement(atl_context* context, size_t pass, const CollectedValues& before)
      : Evaluation(context), pass_(pass), before_(before) {}

  [[nodiscard]] size_t pass() const { return pass_; }
  // What the passes before this one have collected.
  [[nodiscard]] const CollectedValues& before() const { return before_; }
  // As many samples as the batch has, made by the model, where the pass asks for them.
  [[nodiscard]] Tensor generated(Location at = {}) const {
    atl_tensor tensor = 0;
    detail::core->generated(context(), at, &tensor);
    return {context(), tensor};
  }
  // A named output of the model for this batch; see Model::output_names for names and shapes. A model without it fails
  // the evaluation. `draws` is the length of the axis of random draws of an output that has one.
  [[nodiscard]] Tensor output(std::string_view name, int64_t draws = 1, Location at = {}) const {
    atl_tensor tensor = 0;
    detail::core->model_output(context(), detail::string(name), draws, at, &tensor);
    return {context(), tensor};
  }

 private:
  size_t pass_;
  const CollectedValues& before_;
};

// Derived classes have
//   static void describe(Description& d);
//   Derived(const Settings& settings, const DataSpec& data, Builder& build);
// fill in passes and results in the constructor, and end with ATELIER_METRIC("name", Derived).
class Metric {
 public:
  Metric() = default;
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;
  virtual ~Metric() = default;

  // Records one batch: a tensor for each thing that its pass collects, of its shape, with what this batch has of it.
  virtual std::vector<Tensor> batch(Measurement& measurement) const = 0;
  // After the last pass: a list of numbers for each of `results`.
  virtual ValueLists finish(const CollectedValues& collected) const = 0;

  std::vector<Pass> passes;  // one after the other
  // Numbers are logged as metrics, called after the metric's table in the experiment and, where their own name is not
  // empty, after that; arrays are logged as tensors.
  std::vector<Array> results;
};

namespace detail {

struct MetricHolder {  // what `self` points at: the metric, what the host may borrow of it, and what was collected
  Owned<Metric> metric;
  std::vector<std::vector<atl_collected>> collected;  // by pass
  std::vector<atl_pass> passes;
  std::vector<atl_array> results;
  CollectedValues values;

  explicit MetricHolder(Owned<Metric> made) : metric(std::move(made)) {
    for (const Pass& pass : metric->passes) {
      std::vector<atl_collected>& kept = collected.emplace_back();
      for (const Collected& one : pass.collected) {
        kept.push_back({sizeof(atl_collected), string(one.name), one.dims.data(),
                        static_cast<uint32_t>(one.dims.size()), static_cast<int32_t>(one.how)});
      }
      passes.push_back({sizeof(atl_pass), static_cast<int32_t>(pass.data), pass.generates ? 1 : 0, pass.samples,
                        kept.data(), kept.size()});
    }
    for (const Array& array : metric->results) {
      results.push_back(
          {sizeof(atl_array), string(array.name), array.dims.data(), static_cast<uint32_t>(array.dims.size()), 0});
    }
  }

  void end_pass(uint64_t pass, const double* const* from, const uint64_t* lengths) {
    values.resize(pass);  // what an evaluation before has left is gone
    ValueLists& kept = values.emplace_back();
    for (size_t i = 0; i < collected[pass].size(); ++i) {
      kept.emplace_back(from[i], from[i] + lengths[i]);
    }
  }

  void finish(double* const* to) const {
    const ValueLists made = metric->finish(values);
    for (size_t i = 0; i < made.size() && i < results.size(); ++i) {
      for (size_t j = 0; j < made[i].size() && j < metric->results[i].elements(); ++j) {
        to[i][j] = made[i][j];
      }
    }
  }
};

// All of a metric's table but how it is made and unmade; holder(self) is the MetricHolder.
template <MetricHolder& (*holder)(const void* self)>
ATELIER_OWN constexpr atl_metric_v1 metric_functions() {
  atl_metric_v1 table{};
  table.size = sizeof table;
  table.passes = [](const void* self, const atl_pass** passes, uint64_t* count) -> atl_status {
    *passes = holder(self).passes.data();
    *count = holder(self).passes.size();
    return ATL_OK;
  };
  table.results = [](const void* self, const atl_array** arrays, uint64_t* count) -> atl_status {
    *arrays = holder(self).results.data();
    *count = holder(self).results.size();
    return ATL_OK;
  };
  table.batch = [](const void* self, atl_context* context, uint64_t pass, atl_tensor* outputs) -> atl_status {
    return guard(context, [&] {
      const MetricHolder& held = holder(self);
      Measurement measurement(context, pass, held.values);
      const std::vector<Tensor> made = held.metric->batch(measurement);
      for (size_t i = 0; i < made.size() && i < held.collected[pass].size(); ++i) {
        outputs[i] = made[i].handle();
      }
    });
  };
  table.end_pass = [](void* self, atl_context* context, uint64_t pass, const double* const* values,
                      const uint64_t* lengths) -> atl_status {
    return guard(context, [&] { holder(self).end_pass(pass, values, lengths); });
  };
  table.finish = [](const void* self, atl_context* context, double* const* results) -> atl_status {
    return guard(context, [&] { holder(self).finish(results); });
  };
  return table;
}

ATELIER_OWN inline MetricHolder& metric_itself(const void* self) {
  return *static_cast<MetricHolder*>(const_cast<void*>(self));
}

// Of a metric that is a model's own, of the class T.
template <typename T>
struct ATELIER_OWN OwnMetric {
  static MetricHolder* hold(Owned<Metric> metric) { return new MetricHolder(std::move(metric)); }
  template <MetricHolder& (*holder)(const void* self)>
  static constexpr atl_metric_v1 table = metric_functions<holder>();
};

template <typename T>
ATELIER_OWN inline const atl_metric_v1 metric_table = [] {
  atl_metric_v1 table = metric_functions<metric_itself>();
  table.create = [](atl_context* context, const atl_data_spec* spec, const atl_settings* settings,
                    void** self) -> atl_status {
    return guard(context, [&] {
      Builder builder(context);
      *self = new MetricHolder(Owned<Metric>(new T(Settings(context, settings), DataSpec(*spec), builder)));
    });
  };
  table.destroy = destroy<MetricHolder>;
  return table;
}();

}  // namespace detail
}  // namespace atelier

#define ATELIER_METRIC(name, type) ATELIER_REGISTER_(ATL_METRIC_V1, name, "", type, atelier::detail::metric_table<type>)
