// What is wrong with an experiment, collected so that all of it can be said at once.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "experiment/place.hpp"

namespace atelier::experiment {

class Problems {
 public:
  // One line of the report: "place: key: message". `key` may be "" where no key can be named.
  void add(const Place& place, const std::string& key, const std::string& message);

  // Throws Error(experiment) with every line, in the order of the places, where there are any.
  void throw_if_any() const;

  struct Problem {
    Place place;
    std::string line;
  };
  [[nodiscard]] const std::vector<Problem>& all() const { return problems_; }  // in the order in which they were found
  void add(Problem problem) { problems_.push_back(std::move(problem)); }

 private:
  std::vector<Problem> problems_;
};

}  // namespace atelier::experiment
