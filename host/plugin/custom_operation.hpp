// Operations that plugins bring, as the engine sees them.
#pragma once

#include "plugin/registry.hpp"

namespace atelier::plugin {

// Adds the operation to record::OperationRegistry, with one for its gradient; once for each, whoever loads it. Throws
// Error(plugin) for a table that cannot be, and for a name that is taken.
void register_operation(const Component& component);

}  // namespace atelier::plugin
