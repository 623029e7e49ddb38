// What the components of a library say of themselves, read out of its memory.
#pragma once

#include <atelier/abi.h>

#include <filesystem>
#include <vector>

#include "plugin/registry.hpp"

namespace atelier::plugin {

// Every component of the library in `file`, checked. Throws Error(plugin) with a line for each mistake, without the
// file.
std::vector<Component> components_of(const atl_plugin& plugin, const std::filesystem::path& file);

}  // namespace atelier::plugin
