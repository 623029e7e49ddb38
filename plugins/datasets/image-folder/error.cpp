#include "error.hpp"

#include <algorithm>

namespace image_folder {

std::string list_problems(const std::vector<std::string>& problems, size_t of, const std::string& what) {
  if (problems.size() < 2) {
    return problems.empty() ? "" : problems.front();
  }
  constexpr size_t most_named = 10;
  std::string out = std::to_string(problems.size()) + " of " + std::to_string(of) + " " + what + ":";
  for (size_t i = 0; i < std::min(problems.size(), most_named); ++i) {
    out += "\n  " + problems[i];
  }
  if (problems.size() > most_named) {
    out += "\n  and " + std::to_string(problems.size() - most_named) + " more";
  }
  return out;
}

}  // namespace image_folder
