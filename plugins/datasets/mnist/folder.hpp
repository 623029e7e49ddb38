// Finds the four IDX files of MNIST and of data sets in its form, and reads them.
#pragma once

#include <string>

#include "idx.hpp"

namespace mnist {

struct Part {  // one split
  Images images;
  std::vector<uint8_t> labels;  // one for each image
};

struct Files {
  Part train, test;
  std::vector<std::string> paths;  // train images, train labels, test images, test labels
};

// Reads from the first of `folders` that has train-images-idx3-ubyte, plain or with .gz, or with a dot in the place of
// the last dash but one; the first of these where several are there. Throws DataError where none has it, where another
// file is missing beside it, where a file is broken, or where counts or image sizes do not fit each other. `name` and
// `hint` are of the data set, for messages.
Files read_folder(const std::string& name, const std::vector<std::filesystem::path>& folders, int classes,
                  const std::string& hint);

}  // namespace mnist
