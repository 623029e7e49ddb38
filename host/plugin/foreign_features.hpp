// The features of other runs' models, which a model or a metric computes its losses or figures with.
#pragma once

#include <atelier/abi.h>

#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "plugin/context.hpp"
#include "plugin/instance.hpp"
#include "plugin/model_recipe.hpp"
#include "plugin/registry.hpp"

namespace atelier::plugin {

class ForeignFeatures {
 public:
  // Builds the other run's model into the bank of this one, with `prefix` before the names of its parameters.
  using Build = std::function<Instance(const ForeignModel& foreign, const std::string& prefix)>;

  // Without `models` no other run can be asked for.
  ForeignFeatures(const Registry& registry, ForeignModels models, Build build);
  ForeignFeatures(const ForeignFeatures&) = delete;
  ForeignFeatures& operator=(const ForeignFeatures&) = delete;

  // `ours` is the data of the model that is being built; null where none is. Throws Error(plugin).
  atl_features find(const std::string& run, const catalog::DataSpec* ours);
  // Records them of `images`, a place on the tape: one tensor for each name. Throws Error(plugin) where there is no
  // such feature; what goes wrong in the other model is latched in its name.
  void apply(atl_context& context, atl_features features, uint32_t images, std::span<const atl_string> names,
             atl_location location, atl_tensor* outputs) const;

 private:
  struct Source {
    std::string run;
    tensor::Shape image;  // that the model sees
    const Component* component = nullptr;
    const atl_model_v1* model = nullptr;
    Instance instance;
    const atl_features_v1* table = nullptr;
    std::vector<std::string> names;
    double scale = 1, shift = 0;  // from this run's range to that model's
  };

  const Registry& registry_;
  ForeignModels models_;
  Build build_;
  std::deque<ForeignModel> foreign_;  // a deque: one may ask for another while it is built
  std::vector<Source> sources_;       // by handle, which counts from 1
};

}  // namespace atelier::plugin
