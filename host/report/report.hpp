// The page of runs: one HTML file that opens anywhere without a network, or a page that a server (serve/) keeps up to
// date.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace atelier::report {

struct PageOptions {
  std::string by;                   // what groups runs; "": all but their seeds
  int64_t most_bytes = 20'000'000;  // of the file
};

struct Page {
  std::string html;
  size_t runs = 0;  // that are shown
  std::vector<std::string>
      left_out;  // in words, a line each: logs that cannot be read, and what was left out for the size
};

// Throws Error(file) where none of the logs can be read, Error(usage) where no group is found by `by`, or where the
// size is too small even without pictures.
Page make_page(const std::vector<std::filesystem::path>& logs, const PageOptions& options);

}  // namespace atelier::report
