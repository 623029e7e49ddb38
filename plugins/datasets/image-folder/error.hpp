// Data that is missing or broken. what() says file, found, expected, hint.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace image_folder {

struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// "", or one problem as it is, or how many there are of `of` and the first ten, each on a line of its own, after `what`
// they are: "pictures cannot be read".
std::string list_problems(const std::vector<std::string>& problems, size_t of, const std::string& what);

}  // namespace image_folder
