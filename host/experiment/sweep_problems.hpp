// Inside this room only: what is wrong with the points of a sweep.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "experiment/problems.hpp"

namespace atelier::experiment {

// Each line once, and at which points.
class PointProblems {
 public:
  void add(const Problems& problems, const std::string& label) {
    for (const auto& problem : problems.all()) {
      auto [found, is_new] = found_.try_emplace(problem.line, Found{problem.place, label, 0});
      ++found->second.points;
      if (is_new) {
        lines_.push_back(problem.line);
      }
    }
  }

  void move_to(Problems& problems, size_t points) const {
    for (const std::string& line : lines_) {
      const Found& found = found_.at(line);
      const std::string where =
          found.points == points || found.label.empty() ? ""
          : found.points == 1                           ? fmt::format(" (at the point {})", found.label)
                              : fmt::format(" (at {} of {} points, the first {})", found.points, points, found.label);
      problems.add({found.place, line + where});
    }
  }

 private:
  struct Found {
    Place place;
    std::string label;
    size_t points;
  };
  std::map<std::string, Found> found_;
  std::vector<std::string> lines_;
};

}  // namespace atelier::experiment
