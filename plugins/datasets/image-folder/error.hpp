// Data that is missing or broken. what() is one line: file, found, expected, hint.
#pragma once

#include <stdexcept>

namespace image_folder {

struct DataError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace image_folder
