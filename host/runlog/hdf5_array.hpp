// Inside this room only: datasets of numbers, and their dimension scales.
#pragma once

#include "runlog/hdf5.hpp"

namespace atelier::runlog::hdf5 {

// Arrays of a fixed size, contiguous, their space taken at once. dims empty: a scalar.
Handle make_array(hid_t parent, const std::string& name, Type type, std::span<const int64_t> dims);
// Arrays that grow along their first axis from length 0, in chunks of `chunk_rows` rows of shape `row`. Compressed ones
// are to be written a whole chunk at a time; what was never written is NaN in float64 ones, 0 in others.
Handle make_growing(hid_t parent, const std::string& name, Type type, std::span<const int64_t> row, int64_t chunk_rows,
                    bool compressed);
Handle open_dataset(hid_t parent, const std::string& name);
std::vector<int64_t> shape_of(hid_t dataset);
void resize(hid_t dataset, int64_t rows);

void write_all(hid_t dataset, Type type, const void* data);
void read_all(hid_t dataset, Type type, void* data);
void write_rows(hid_t dataset, Type type, int64_t first, int64_t count, const void* data);
void read_rows(hid_t dataset, Type type, int64_t first, int64_t count, void* data);

// Dimension scales. A coordinate is a 1-D dataset in the group of those it is attached to, named as the dimension.
void make_scale(hid_t dataset, const std::string& name);
Handle make_unwritten_scale(hid_t group, const std::string& name, int64_t length);
void attach(hid_t dataset, const std::vector<hid_t>& scales);  // axis by axis

}  // namespace atelier::runlog::hdf5
