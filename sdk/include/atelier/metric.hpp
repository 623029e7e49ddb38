// How to write a metric: what is measured of a trained model beyond its own evaluation. See the plugin classification
// for whole ones.
#pragma once

#include <atelier/context.hpp>
#include <atelier/plugin.hpp>
#include <cstddef>

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

// One batch of what is measured: samples of the evaluated split, or images that the model has generated.
class Measurement : public Evaluation {
 public:
  using Evaluation::Evaluation;
  // A named output of the model for this batch; see Model::output_names for names and shapes. A model without it fails
  // the evaluation. `draws` is the length of the axis of random draws of an output that has one.
  [[nodiscard]] Tensor output(std::string_view name, int64_t draws = 1, Location at = {}) const {
    atl_tensor tensor = 0;
    if (detail::core->size <= offsetof(atl_core, model_output)) {
      fail("the outputs of a model need a newer atelier", at);
    } else {
      detail::core->model_output(context(), detail::string(name), draws, at, &tensor);
    }
    return {context(), tensor};
  }
};

// Derived classes have
//   static void describe(Description& d);
//   Derived(const Settings& settings, const DataSpec& data, Builder& build);
// fill in sums, results and generated in the constructor, and end with ATELIER_METRIC("name", Derived).
class Metric {
 public:
  using Values = std::vector<std::vector<double>>;

  Metric() = default;
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;
  virtual ~Metric() = default;

  // Records one batch: a tensor for each of `sums`, of its shape, with what this batch adds to it.
  virtual std::vector<Tensor> batch(Measurement& measurement) = 0;
  // After the last batch: a list of numbers for each of `results`, from the elements of each of `sums`.
  virtual Values finish(const Values& sums) = 0;

  std::vector<Array> sums;  // a length of -1 is what the first batch gives it
  // Numbers are logged as metrics, called after the metric's table in the experiment and, where their own name is not
  // empty, after that; arrays are logged as tensors.
  std::vector<Array> results;
  int64_t generated = 0;  // images that the model generates for this metric, as images(); 0: it looks at the data
};

namespace detail {

struct MetricHolder {  // what `self` points at: the metric, and what the host may borrow of it
  std::unique_ptr<Metric> metric;
  std::vector<atl_array> sums, results;

  explicit MetricHolder(std::unique_ptr<Metric> made)
      : metric(std::move(made)), sums(lend(metric->sums)), results(lend(metric->results)) {}

  static std::vector<atl_array> lend(const std::vector<Array>& arrays) {
    std::vector<atl_array> out;
    for (const Array& array : arrays) {
      out.push_back({string(array.name), static_cast<uint32_t>(array.dims.size()), array.dims.data()});
    }
    return out;
  }

  void finish(const double* const* from, const uint64_t* lengths, double* const* to) const {
    Metric::Values values;
    for (size_t i = 0; i < sums.size(); ++i) {
      values.emplace_back(from[i], from[i] + lengths[i]);
    }
    const Metric::Values made = metric->finish(values);
    for (size_t i = 0; i < made.size() && i < results.size(); ++i) {
      for (size_t j = 0; j < made[i].size() && j < metric->results[i].elements(); ++j) {
        to[i][j] = made[i][j];
      }
    }
  }
};

// All of a metric's table but how it is made and unmade; holder(self) is the MetricHolder.
template <MetricHolder& (*holder)(void* self)>
ATELIER_OWN constexpr atl_metric_v1 metric_functions() {
  atl_metric_v1 table{};
  table.size = sizeof table;
  table.sums = [](void* self, const atl_array** arrays, uint64_t* count) -> atl_status {
    *arrays = holder(self).sums.data();
    *count = holder(self).sums.size();
    return ATL_OK;
  };
  table.results = [](void* self, const atl_array** arrays, uint64_t* count) -> atl_status {
    *arrays = holder(self).results.data();
    *count = holder(self).results.size();
    return ATL_OK;
  };
  table.generated = [](void* self) -> int64_t { return holder(self).metric->generated; };
  table.batch = [](void* self, atl_context* context, atl_tensor* outputs) -> atl_status {
    return guard(context, [&] {
      Measurement measurement(context);
      const std::vector<Tensor> made = holder(self).metric->batch(measurement);
      for (size_t i = 0; i < made.size() && i < holder(self).sums.size(); ++i) {
        outputs[i] = made[i].handle();
      }
    });
  };
  table.finish = [](void* self, atl_context* context, const double* const* sums, const uint64_t* lengths,
                    double* const* results) -> atl_status {
    return guard(context, [&] { holder(self).finish(sums, lengths, results); });
  };
  return table;
}

ATELIER_OWN inline MetricHolder& metric_itself(void* self) {
  return *static_cast<MetricHolder*>(self);
}

template <typename T>
ATELIER_OWN inline const atl_metric_v1 metric_table = [] {
  atl_metric_v1 table = metric_functions<metric_itself>();
  table.create = [](atl_context* context, const atl_data_spec* spec, const atl_settings* settings,
                    void** self) -> atl_status {
    return guard(context, [&] {
      Builder builder(context);
      *self = new MetricHolder(std::make_unique<T>(Settings(context, settings), DataSpec(*spec), builder));
    });
  };
  table.destroy = destroy<MetricHolder>;
  return table;
}();

}  // namespace detail
}  // namespace atelier

#define ATELIER_METRIC(name, type) ATELIER_REGISTER_(ATL_METRIC_V1, name, "", type, atelier::detail::metric_table<type>)
