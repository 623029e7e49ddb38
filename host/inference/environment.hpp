// What surrounds a run or a look at one: threads, the folders where data and other runs are found, who is told.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

namespace atelier::data {
class OpenDatasets;
}

namespace atelier::inference {

struct Environment {
  int threads = 1;
  std::filesystem::path out_directory = "runs";         // where runs are found by their names
  std::vector<std::filesystem::path> data_directories;  // where datasets look first
  bool allow_changes = false;                           // goes on with other data or plugins than a log was made from
  std::function<void(std::string_view)> inform;         // told, in one line, what is other than a log says
  data::OpenDatasets* datasets = nullptr;               // that experiments share; null: each opens its own. Borrowed
};

}  // namespace atelier::inference
