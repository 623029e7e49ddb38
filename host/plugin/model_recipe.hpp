// What a model is built from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "catalog/data_spec.hpp"
#include "catalog/description.hpp"
#include "tensor/storage.hpp"

namespace atelier::plugin {

struct ModelRecipe {
  catalog::ComponentChoice model;
  std::map<std::string, catalog::ComponentChoice> losses;  // by slot
  catalog::DataSpec data;                                  // with the range that the images are scaled to
  uint64_t seed = 0;                                       // of the initial weights
  tensor::DType real = tensor::DType::f32;
  std::filesystem::path directory = {};  // what relative paths of the model's are relative to: the experiment's
  bool begins = true;                    // whether initial values matter: not where the weights come from a log
};

// Another run's model as it was left: what `features("…")` in a plugin asks for.
struct ForeignModel {
  ModelRecipe recipe;
  std::map<std::string, tensor::Tensor> weights;  // parameters and state, by name
};

using ForeignModels = std::function<ForeignModel(const std::string& run)>;

}  // namespace atelier::plugin
