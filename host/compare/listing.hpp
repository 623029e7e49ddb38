// The runs in a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "compare/run.hpp"

namespace atelier::compare {

// Every *.h5 file in `folder` and the folders below it, sorted by path (a run's path begins with its name and time).
// Throws Error(file) where the folder cannot be read.
std::vector<std::filesystem::path> find_logs(const std::filesystem::path& folder);

std::string listing_text(const std::vector<Run>& runs, const terminal::Layout& layout);
std::string listing_csv(const std::vector<Run>& runs);

}  // namespace atelier::compare
