// Which files belong together, and on which side of the split they stand.
#pragma once

#include <string>
#include <vector>

#include "folder.hpp"
#include "pattern.hpp"

namespace image_folder {

struct Split {
  std::vector<int64_t> train, test;  // indices into the files
  std::vector<int64_t> groups;       // by file: the number of its group
};

// Each group stands by a hash of its name and the seed alone, so it stays where it is whatever other files there are.
// A file's group is what the pattern finds in its name without folders and ending; a file that does not match is by
// itself.
Split split_files(const std::vector<File>& files, const Pattern& pattern, double test_fraction, uint64_t seed);

}  // namespace image_folder
