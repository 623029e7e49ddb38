// What is held against the descriptions of a registry that has not loaded all that it describes.
#pragma once

#include "base/error.hpp"
#include "plugin/registry.hpp"

namespace atelier::plugin {

// That the descriptions are right: loads all that is not loaded. Throws StaleIndex where they are not.
void expect_right_descriptions(const Registry& registry);

// Runs `check`, which may refuse something by what the registry describes; before that is believed, it is made sure of.
template <typename Check>
auto against_descriptions(const Registry& registry, const Check& check) {
  try {
    return check();
  } catch (const Error&) {
    expect_right_descriptions(registry);
    throw;
  }
}

}  // namespace atelier::plugin
