#include "runlog/hdf5_array.hpp"

#include <fmt/core.h>
#include <hdf5_hl.h>

#include <array>
#include <limits>

namespace atelier::runlog::hdf5 {

namespace {

constexpr unsigned deflate_level = 1;

}  // namespace

Handle make_array(hid_t parent, const std::string& name, Type type, std::span<const int64_t> dims) {
  const Handle properties = dataset_properties();
  check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_LATE));
  return Handle(
      H5Dcreate2(parent, name.c_str(), file_type(type), simple_space(dims), H5P_DEFAULT, properties, H5P_DEFAULT));
}

Handle make_growing(hid_t parent, const std::string& name, Type type, std::span<const int64_t> row, int64_t chunk_rows,
                    bool compressed) {
  std::vector<hsize_t> chunk{static_cast<hsize_t>(chunk_rows)};
  chunk.insert(chunk.end(), row.begin(), row.end());
  std::vector<hsize_t> length = chunk;
  std::vector<hsize_t> limit = chunk;
  length[0] = 0;
  limit[0] = H5S_UNLIMITED;
  const int rank = static_cast<int>(chunk.size());

  const Handle properties = dataset_properties();
  check(H5Pset_chunk(properties, rank, chunk.data()));
  if (compressed) {
    if (type != Type::u8) {
      check(H5Pset_shuffle(properties));
    }
    check(H5Pset_deflate(properties, deflate_level));
  } else {
    if (type == Type::f64) {
      const double missing = std::numeric_limits<double>::quiet_NaN();
      check(H5Pset_fill_value(properties, memory_type(type), &missing));
    }
    // Chunks lie where they are first needed, not where a flush happens to meet them: see writing_access.
    check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY));
  }
  return Handle(H5Dcreate2(parent, name.c_str(), file_type(type),
                           Handle(H5Screate_simple(rank, length.data(), limit.data())), H5P_DEFAULT, properties,
                           H5P_DEFAULT));
}

Handle open_dataset(hid_t parent, const std::string& name) {
  return Handle(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
}

std::vector<int64_t> shape_of(hid_t dataset, Type type, size_t least_axes, size_t most_axes) {
  const Extent extent = Extent::of_dataset(dataset, content_of(type), Use::read);
  extent.expect_axes(least_axes, most_axes);
  return extent.dims();
}

tensor::DType read_dtype(hid_t dataset) {
  const Handle type(H5Dget_type(dataset));
  for (const tensor::DType dtype : {tensor::DType::f64, tensor::DType::i64}) {
    if (H5Tequal(type, file_type(stored_as(dtype))) > 0) {
      return dtype;
    }
  }
  return tensor::DType::f32;  // whatever else it may be is refused by whoever reads it
}

tensor::Shape read_shape(hid_t dataset, tensor::DType dtype) {
  return tensor::Shape(shape_of(dataset, stored_as(dtype), 0, tensor::Shape::max_rank));
}

void resize(hid_t dataset, Type type, int64_t rows) {
  const Extent extent = Extent::of_dataset(dataset, content_of(type), Use::write);
  extent.expect_axes(1, H5S_MAX_RANK);
  std::vector<hsize_t> lengths(extent.dims().begin(), extent.dims().end());
  lengths.front() = static_cast<hsize_t>(rows);
  check(H5Dset_extent(dataset, lengths.data()));
}

void write_values(hid_t dataset, Type type, const void* values, size_t elements) {
  Extent::of_dataset(dataset, content_of(type), Use::write).expect_elements(elements);
  check(H5Dwrite(dataset, memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
}

void read_values(hid_t dataset, Type type, void* values, size_t elements) {
  Extent::of_dataset(dataset, content_of(type), Use::read).expect_elements(elements);
  if (elements > 0) {
    check(H5Dread(dataset, memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
  }
}

void write_rows(hid_t dataset, Type type, int64_t first, int64_t count, const void* values, size_t elements) {
  const Rows rows(dataset, content_of(type), Use::write, first, count, elements);
  check(H5Dwrite(dataset, memory_type(type), rows.memory, rows.file, H5P_DEFAULT, values));
}

void read_rows(hid_t dataset, Type type, int64_t first, int64_t count, void* values, size_t elements) {
  const Rows rows(dataset, content_of(type), Use::read, first, count, elements);
  check(H5Dread(dataset, memory_type(type), rows.memory, rows.file, H5P_DEFAULT, values));
}

void make_scale(hid_t dataset, const std::string& name) {
  check(H5DSset_scale(dataset, name.c_str()));
}

Handle make_unwritten_scale(hid_t group, const std::string& name, int64_t length) {
  const std::array<int64_t, 1> dims{length};
  Handle dataset(H5Dcreate2(group, name.c_str(), file_type(Type::f32), simple_space(dims), H5P_DEFAULT,
                            dataset_properties(), H5P_DEFAULT));
  // netCDF's own words: by them every netCDF reader knows a dimension from a variable.
  make_scale(dataset, fmt::format("This is a netCDF dimension but not a netCDF variable.{:10}", length));
  return dataset;
}

void attach(hid_t dataset, const std::vector<hid_t>& scales) {
  for (size_t axis = 0; axis < scales.size(); ++axis) {
    check(H5DSattach_scale(dataset, scales[axis], static_cast<unsigned>(axis)));
  }
}

}  // namespace atelier::runlog::hdf5
