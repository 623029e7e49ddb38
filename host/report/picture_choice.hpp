// Inside this room only: which of a run's pictures a page has room for.
#pragma once

#include <cstdint>
#include <vector>

#include "report/run_page.hpp"

namespace atelier::report {

// So that every beginning of them is spread over the whole: the last, the first, the one in the middle, and so on.
std::vector<int64_t> spread_order(int64_t rows);

struct PicturesPut {
  int64_t bytes = 0;            // of the page
  int64_t made = 0, shown = 0;  // pictures
};

// Puts as many into page.samples as `most_bytes` hold: fewer samples a picture where else not a few steps would have
// room, then fewer steps.
PicturesPut put_pictures(RunPage& page, int64_t most_bytes);

bool has_pictures(const RunPage& page);

}  // namespace atelier::report
