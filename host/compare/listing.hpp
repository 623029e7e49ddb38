// Many runs, one a line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "compare/run.hpp"

namespace atelier::compare {

std::vector<Run> read_runs(const std::vector<std::filesystem::path>& logs);

std::string listing_text(const std::vector<Run>& runs, const terminal::Layout& layout);
std::string listing_csv(const std::vector<Run>& runs);

}  // namespace atelier::compare
