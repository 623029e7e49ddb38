// Inside this room only: the model of another run's experiment.
#pragma once

#include <optional>
#include <string>

#include "experiment/experiment.hpp"
#include "inference/environment.hpp"
#include "plugin/model_recipe.hpp"
#include "plugin/registry.hpp"

namespace atelier::inference {

// `resolved`: that experiment, which lies in `where`, as messages name it. `data`: of the samples as that model sees
// them; where nobody says it, its dataset is opened and asked. Throws Error for what the plugins here have not.
plugin::ModelRecipe foreign_recipe(const std::string& resolved, const std::string& where,
                                   const experiment::WhereFrom& where_from,
                                   const std::optional<catalog::DataSpec>& data,
                                   const experiment::Experiment& experiment, const plugin::Registry& registry,
                                   const Environment& environment);

}  // namespace atelier::inference
