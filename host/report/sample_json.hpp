// Inside this room only: what a model has made, for the page.
#pragma once

#include "report/json.hpp"
#include "runlog/reader.hpp"

namespace atelier::report {

// A list, a series each; of images when they were made and how their sheets are laid out, of all else the samples
// themselves, as many as a page can show.
Json samples_json(const runlog::Reader& log);

// So many of `count` rows, the newest and those that lie evenly before it, in rising order.
std::vector<int64_t> chosen_rows(int64_t count, int64_t most);

}  // namespace atelier::report
