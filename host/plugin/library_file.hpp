// A file that is to be loaded as a plugin, before and while the system's loader has it.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace atelier::plugin {

// Looks at the file itself: the loader waits for a pipe, and dies of a library that is cut short. Throws Error(plugin),
// without the file's name.
void check_library(const std::filesystem::path& file);

// A variable at namespace scope threw an exception. The loader has no way back from that: it keeps its lock, so no
// further library can be loaded safely, and the command ends.
class InitializerFailed : public Error {
 public:
  using Error::Error;
};

// Loads the library for good. Throws InitializerFailed, which names the file, or Error(plugin) in the loader's words,
// without the file's name.
void load_library(const std::filesystem::path& file);

}  // namespace atelier::plugin
