// What the components of a library say of themselves, read out of its memory.
#pragma once

#include <atelier/abi.h>

#include <filesystem>
#include <vector>

#include "plugin/registry.hpp"

namespace atelier::plugin {

struct LibraryContents {
  std::vector<Component> components;          // checked
  std::vector<catalog::Description> unknown;  // of kinds that this host does not know: named, and no more
};

// What is in the library in `file`. Throws Error(plugin) with a line for each mistake, without the file.
LibraryContents contents_of(const atl_plugin& plugin, const std::filesystem::path& file);

}  // namespace atelier::plugin
