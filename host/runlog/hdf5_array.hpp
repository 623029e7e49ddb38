// Inside this room only: datasets of numbers, and their dimension scales.
#pragma once

#include "runlog/hdf5_stored.hpp"
#include "tensor/shape.hpp"

namespace atelier::runlog::hdf5 {

// Arrays of a fixed size, contiguous; they take space when they are first written. dims empty: a scalar.
Handle make_array(hid_t parent, const std::string& name, Type type, std::span<const int64_t> dims);
// Arrays that grow along their first axis from length 0, in chunks of `chunk_rows` rows of shape `row`. Compressed ones
// are to be written a whole chunk at a time; what was never written is NaN in float64 ones, 0 in others.
Handle make_growing(hid_t parent, const std::string& name, Type type, std::span<const int64_t> row, int64_t chunk_rows,
                    bool compressed);
Handle open_dataset(hid_t parent, const std::string& name);
// Its shape, where it holds this type and has so many axes.
std::vector<int64_t> shape_of(hid_t dataset, Type type, size_t least_axes, size_t most_axes);
tensor::DType read_dtype(hid_t dataset);  // of float32, float64 or int64
tensor::Shape read_shape(hid_t dataset, tensor::DType dtype);
void resize(hid_t dataset, Type type, int64_t rows);

// All values of a dataset, or whole rows: `count` of them, which have exactly `values.size()` elements.
template <typename T>
void write_all(hid_t dataset, std::span<const T> values);
template <typename T>
void read_all(hid_t dataset, std::span<T> values);
template <typename T>
void read_rows(hid_t dataset, int64_t first, int64_t count, std::span<T> values);
void write_rows(hid_t dataset, Type type, int64_t first, int64_t count, const void* values, size_t elements);

template <typename T>
std::vector<T> read_column(hid_t group, const std::string& name);  // of one axis

// Dimension scales. A coordinate is a 1-D dataset in the group of those it is attached to, named as the dimension.
void make_scale(hid_t dataset, const std::string& name);
Handle make_unwritten_scale(hid_t group, const std::string& name, int64_t length);
void attach(hid_t dataset, const std::vector<hid_t>& scales);  // axis by axis

// What the templates are made of.
void write_values(hid_t dataset, Type type, const void* values, size_t elements);
void read_values(hid_t dataset, Type type, void* values, size_t elements);
void read_rows(hid_t dataset, Type type, int64_t first, int64_t count, void* values, size_t elements);

template <typename T>
void write_all(hid_t dataset, std::span<const T> values) {
  write_values(dataset, type_of<T>, values.data(), values.size());
}

template <typename T>
void read_all(hid_t dataset, std::span<T> values) {
  read_values(dataset, type_of<T>, values.data(), values.size());
}

template <typename T>
void read_rows(hid_t dataset, int64_t first, int64_t count, std::span<T> values) {
  read_rows(dataset, type_of<T>, first, count, values.data(), values.size());
}

template <typename T>
std::vector<T> read_column(hid_t group, const std::string& name) {
  const Handle dataset = open_dataset(group, name);
  std::vector<T> values(static_cast<size_t>(shape_of(dataset, type_of<T>, 1, 1).front()));
  read_all(dataset, std::span(values));
  return values;
}

}  // namespace atelier::runlog::hdf5
