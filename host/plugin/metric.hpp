// A metric from a plugin: which passes it makes over samples, what it collects of them, and what it makes of that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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

enum class PassData : uint8_t { none, evaluated, training };  // in the order of the contract

struct MetricPass {
  PassData data = PassData::evaluated;
  bool generates = false;  // as many samples of the model as each batch has
  int64_t samples = 0;     // at most; 0: all of the split
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
  [[nodiscard]] const std::vector<MetricPass>& passes() const { return passes_; }
  // Results as they are called in a log, with NaN for values.
  [[nodiscard]] const std::vector<MetricArray>& results() const { return results_; }

  void begin_pass(size_t pass);  // nothing is collected yet
  // Records a batch of the pass, and gives the places on the tape of what it collects. `batch` is null where the pass
  // has no data, `generated` where the model makes nothing: the place of its samples. Throws Error(plugin).
  std::vector<uint32_t> record(execute::Session& session, BatchSource* batch, std::optional<uint32_t> generated,
                               int64_t size);
  void collect(size_t place, const tensor::Tensor& values);
  void end_pass();
  std::vector<MetricArray> finish();  // after the last pass

 private:
  struct Collected {
    std::string name;
    std::vector<int64_t> dims;  // -1: any length
    bool appends = false;
    std::vector<double> values;
  };

  Metric(Model& model, const atl_metric_v1& table, void* self);

  void find_passes();
  void find_results(const std::string& name);

  std::string stage_;
  const Component& component_;
  const atl_metric_v1& table_;
  Model& model_;
  Instance instance_;  // empty where the model itself is asked
  void* self_;
  std::vector<MetricPass> passes_;
  std::vector<std::vector<Collected>> collected_;  // by pass
  std::vector<MetricArray> results_;
  size_t pass_ = 0;  // the newest
};

}  // namespace atelier::plugin
