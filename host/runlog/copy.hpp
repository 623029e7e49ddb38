// Inside this room only: an HDF5 file's objects into another file, some of them without what they hold.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "runlog/hdf5.hpp"

namespace atelier::runlog::hdf5 {

// What becomes of an object.
enum class Fate {
  whole,
  gone,       // with all that is in it
  unwritten,  // a dataset of the same shape that takes no space, whose values read as zeros
  last_row,   // a dataset's last row along the axis that it grows along
  no_rows
};
// By its path, "samples/generated/step", and how many rows it has: -1 for a group, and for a dataset that does not
// grow.
using FateOf = std::function<Fate(const std::string& path, int64_t rows)>;

// Groups, datasets, attributes, dimension scales, and objects that have several names. Throws Failure for what no log
// of ours has: links to other files, named types.
void copy_objects(hid_t from, hid_t to, const FateOf& fate_of);

// Throws Failure where something was not copied as it was.
void compare_copy(hid_t from, hid_t to, const FateOf& fate_of);

}  // namespace atelier::runlog::hdf5
