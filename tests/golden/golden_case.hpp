// One golden case as make.py wrote it, and the host's model of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "execute/session.hpp"
#include "plugin/model.hpp"
#include "training/group_optimizers.hpp"

namespace atelier::golden {

using Numbers = std::vector<double>;
using Named = std::map<std::string, Numbers>;

struct StepValues {
  std::map<std::string, double> losses;  // as the model logs them
  Named gradients;                       // by parameter, before clipping
};

// Another run's model that a loss looks through. Its weights are those of the case whose names begin with `prefix`.
struct Foreign {
  static constexpr std::string_view prefix = "features.0.";
  std::string name;  // of the run
  plugin::ModelRecipe recipe;
  std::map<std::string, tensor::Shape> shapes;  // of the weights, by the names of that run
};

struct Case {
  std::string name;
  plugin::ModelRecipe recipe;  // in float32
  std::optional<Foreign> foreign;
  catalog::ComponentChoice optimizer;
  double clip_norm = 0;
  int64_t batch = 0, latent = 0;
  Named initial;               // parameters and state; exact in float32
  std::vector<Named> batches;  // by step and field; exact in float32
  std::vector<Numbers> noise;  // by step, (batch, latent), the draw that the model makes; exact in float32
  bool has_frozen = false;
  StepValues frozen;              // the first step where nothing is updated, to 15 digits
  std::vector<StepValues> steps;  // with updates, to 9 digits
  Named weights;                  // after them
  Numbers sampled;                // `batch` images from the initial weights; empty where the model draws none
};

std::vector<Case> read_cases(const std::string& path, const plugin::Registry& registry);

// A model of a case, run one step at a time.
class GoldenRun {
 public:
  // In float64 the optimizers, which are float32 only, are left out and nothing is updated.
  GoldenRun(const Case& golden, const plugin::Registry& registry, tensor::DType real);
  StepValues step(int64_t step);  // from 1
  [[nodiscard]] Named weights();
  Numbers sample(int64_t n);

 private:
  const Case& case_;
  tensor::DType real_;
  plugin::Model model_;
  training::GroupOptimizers optimizers_;
  execute::Executor executor_{1};
  execute::Arena arena_;
  execute::Session session_;
};

}  // namespace atelier::golden
