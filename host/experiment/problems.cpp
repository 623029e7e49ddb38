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

std::string printable(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return line;
}

}  // namespace atelier::experiment
