// A grouping as tables and sentences, as one table for other programs, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "compare/grouping.hpp"
#include "compare/section.hpp"

namespace atelier::compare {

std::vector<Section> sections_of(const Grouping& grouping);
// A record for each group and metric, and one for each difference: every digit, empty where there is no figure.
std::string to_csv(const Grouping& grouping);
std::string to_json(const Grouping& grouping);

}  // namespace atelier::compare
