// A metric from a plugin: what it adds up over batches, and what it makes of the sums.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugin/instance.hpp"
#include "plugin/model.hpp"

struct atl_metric_v1;

namespace atelier::plugin {

struct MetricArray {
  std::string name;
  tensor::Shape shape;  // of rank 0: one number
  std::vector<double> values;
};

class Metric {
 public:
  // `name`: what results are called after. Throws Error(plugin) in the plugin's words. Borrows the model, whose bank it
  // may enlarge by the weights of other runs' models.
  Metric(const Registry& registry, const std::string& name, const catalog::ComponentChoice& choice, Model& model);
  // What the model reports of itself; results are called by their own names. Null where it has none.
  static std::unique_ptr<Metric> of_model(Model& model);
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;

  [[nodiscard]] const std::string& stage() const { return stage_; }  // as errors name it
  // Images that the model generates for it; 0: it looks at the data.
  [[nodiscard]] int64_t generated() const;
  // Results as they are called in a log, with NaN for values.
  [[nodiscard]] const std::vector<MetricArray>& results() const { return results_; }

  void begin();  // sums are 0
  // Records a batch, and gives the places on the tape of what is added to the sums. Throws Error(plugin).
  std::vector<uint32_t> record(execute::Session& session, BatchSource& batch);
  // The same for generated images, at this place.
  std::vector<uint32_t> record_generated(execute::Session& session, uint32_t images, int64_t n);
  void add(size_t sum, const tensor::Tensor& values);
  std::vector<MetricArray> finish();

 private:
  struct Sum {
    std::string name;
    std::vector<int64_t> dims;  // -1: any length
    std::vector<double> values;
  };

  Metric(Model& model, const atl_metric_v1& table, void* self);

  void find_arrays(const std::string& name);
  std::vector<uint32_t> record(atl_context& context);

  std::string stage_;
  const Component& component_;
  const atl_metric_v1& table_;
  Model& model_;
  Instance instance_;  // empty where the model itself is asked
  void* self_;
  std::vector<Sum> sums_;
  std::vector<MetricArray> results_;
};

}  // namespace atelier::plugin
