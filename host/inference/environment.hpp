// What a machine gives a run or a look at one: threads, and the folders where data and other runs are found.
#pragma once

#include <filesystem>
#include <vector>

namespace atelier::inference {

struct Environment {
  int threads = 1;
  std::filesystem::path out_directory = "runs";         // where runs are found by their names
  std::vector<std::filesystem::path> data_directories;  // where datasets look first
};

}  // namespace atelier::inference
