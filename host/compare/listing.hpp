// Many runs, one a line.
#pragma once

#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "compare/run.hpp"
#include "compare/run_keys.hpp"

namespace atelier::compare {

struct ListedColumn {
  std::string heading;
  Key key;
};
std::vector<ListedColumn> usual_columns(const std::vector<RunSummary>& runs);  // tags and notes where there are some

std::string listing_text(const std::vector<RunSummary>& runs, const terminal::Layout& layout);
std::string listing_text(const std::vector<RunSummary>& runs, const terminal::Layout& layout,
                         const std::vector<ListedColumn>& columns);
// As full digits, and lists, tags too, as JSON; the first has columns of its own.
std::string listing_csv(const std::vector<RunSummary>& runs);
std::string listing_csv(const std::vector<RunSummary>& runs, const std::vector<ListedColumn>& columns);

}  // namespace atelier::compare
