// What a library exports and imports, read from its file: nothing is loaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace atelier::plugin {

// Names as C++ authors write them.
struct LibrarySymbols {
  std::vector<std::string> exported;  // but what the linker itself adds
  std::vector<std::string> imported;  // that some other library has to bring
  std::vector<std::string> unique;    // of those exported: one for the whole process, whichever library brings it first
};

// Of a file that check_library() has let through. Throws Error(plugin) where its table of symbols cannot be read.
LibrarySymbols symbols_of(const std::filesystem::path& library);

}  // namespace atelier::plugin
