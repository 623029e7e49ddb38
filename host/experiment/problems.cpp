#include "experiment/problems.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace atelier::experiment {

void Problems::add(const Place& place, const std::string& key, const std::string& message) {
  problems_.push_back({place, place.text() + ": " + (key.empty() ? "" : key + ": ") + message});
}

void Problems::throw_if_any() const {
  if (problems_.empty()) {
    return;
  }
  auto sorted = problems_;
  std::ranges::stable_sort(sorted, {}, &Problem::place);
  std::string report;
  for (const auto& problem : sorted) {
    report += (report.empty() ? "" : "\n") + problem.line;
  }
  throw Error(ErrorKind::experiment, std::move(report));
}

}  // namespace atelier::experiment
