// What many logs say of their runs as wholes, read faster than a Reader each would.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runlog/description.hpp"

namespace atelier::runlog {

struct Heading {
  std::filesystem::path path;
  std::string problem{};  // why the log cannot be read, and then the rest is empty; "" where it can
  std::string run_id{};
  std::string name{};
  std::string created_utc{};
  Status status = Status::running;
};

// One for each log, in their order. Never throws for what is wrong with a log.
std::vector<Heading> read_headings(const std::vector<std::filesystem::path>& logs);

// Which run began earlier; of the same instant, which has the smaller id; of the same id, the smaller path.
bool is_older(const Heading& a, const Heading& b);
bool began_together(const Heading& a, const Heading& b);

// Every *.h5 file in a folder and the folders below it: folder after folder, and in each what cannot be read, then the
// runs as they began. Throws Error(file) where the folder cannot be read.
std::vector<Heading> logs_below(const std::filesystem::path& folder);

}  // namespace atelier::runlog
