#include "runlog/hdf5_stored.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <numeric>

namespace atelier::runlog::hdf5 {

namespace {

constexpr std::array content_names{"uint8", "int64", "float32", "float64", "text"};
constexpr std::array<int64_t, 5> bytes_in_file{1, 8, 4, 8, 16};  // of text, where it lies

bool holds(hid_t type, Content content) {
  if (content == Content::text) {
    return H5Tis_variable_str(type) > 0;
  }
  return H5Tequal(type, file_type(static_cast<Type>(content))) > 0;
}

std::string name_of(hid_t type) {
  for (size_t i = 0; i < content_names.size(); ++i) {
    if (holds(type, static_cast<Content>(i))) {
      return content_names.at(i);
    }
  }
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return "other integers";
    case H5T_FLOAT:
      return "other numbers";
    case H5T_STRING:
      return "text of a fixed length";
    default:
      return "something else";
  }
}

std::string text_of(std::span<const int64_t> dims) {
  return fmt::format("({})", fmt::join(dims, ", "));
}

std::string path_of(hid_t object) {
  std::array<char, 200> path{};
  return H5Iget_name(object, path.data(), path.size()) > 0 ? path.data() : "an object without a name";
}

int64_t bytes_of_file(hid_t object) {
  hsize_t bytes = 0;
  check(H5Fget_filesize(Handle(H5Iget_file_id(object)), &bytes));
  return static_cast<int64_t>(std::min<hsize_t>(bytes, std::numeric_limits<int64_t>::max()));
}

std::vector<int64_t> lengths_of(hid_t space, const std::string& place) {
  if (H5Sget_simple_extent_type(space) == H5S_NULL) {
    throw Failure(place + ": got no values at all");
  }
  std::vector<hsize_t> lengths(static_cast<size_t>(check(H5Sget_simple_extent_ndims(space))));
  check(H5Sget_simple_extent_dims(space, lengths.data(), nullptr));
  return {lengths.begin(), lengths.end()};  // what does not fit becomes negative, which has_place_for refuses
}

// Whether so many elements can be in the file. Of an array that is empty along one axis, none are; its other lengths
// only need to be such that they can be multiplied.
bool has_place_for(std::span<const int64_t> dims, int64_t element_bytes, int64_t most_bytes) {
  const bool empty = std::ranges::find(dims, 0) != dims.end();
  int64_t most = (empty ? std::numeric_limits<int64_t>::max() : most_bytes) / element_bytes;
  for (const int64_t length : dims) {
    if (length < 0) {
      return false;
    }
    most /= std::max(length, int64_t{1});
  }
  return most > 0;
}

void expect_place_for(const std::string& place, std::span<const int64_t> dims, int64_t element_bytes,
                      int64_t most_bytes) {
  if (!has_place_for(dims, element_bytes, most_bytes)) {
    throw Failure(fmt::format("{}: got the shape {}, which is more than the file can hold", place, text_of(dims)));
  }
}

// Bytes that can be read out of it. It may lie in no other file.
int64_t most_bytes_of_dataset(hid_t dataset, const std::string& place, Use use) {
  if (H5Dget_offset(dataset) != HADDR_UNDEF) {  // as it is, in this file; to ask for its properties takes far longer
    return use == Use::write ? std::numeric_limits<int64_t>::max() : bytes_of_file(dataset);
  }
  const Handle properties(H5Dget_create_plist(dataset));
  const H5D_layout_t layout = H5Pget_layout(properties);
  if (layout == H5D_VIRTUAL || layout == H5D_LAYOUT_ERROR || check(H5Pget_external_count(properties)) > 0) {
    throw Failure(place + ": its values lie in another file, expected them in the log");
  }
  if (use == Use::write) {
    return std::numeric_limits<int64_t>::max();
  }
  constexpr int64_t most_compressed = 1032;  // to one: what deflate can reach
  const int64_t file = bytes_of_file(dataset);
  const bool filtered = check(H5Pget_nfilters(properties)) > 0;
  return filtered ? std::min(file, std::numeric_limits<int64_t>::max() / most_compressed) * most_compressed : file;
}

std::string place_of_attribute(hid_t attribute) {
  std::array<char, 200> name{};
  check(H5Aget_name(attribute, name.size(), name.data()));
  return fmt::format("the attribute {} of {}", name.data(), path_of(attribute));
}

}  // namespace

Extent::Extent(std::string place, Content content, hid_t type, hid_t space, int64_t most_bytes)
    : place_(std::move(place)), content_(content), dims_(lengths_of(space, place_)) {
  if (!holds(type, content)) {
    throw Failure(fmt::format("{}: got {} of shape {}, expected {}", place_, name_of(type), text_of(dims_),
                              content_names.at(static_cast<size_t>(content))));
  }
  expect_place_for(place_, dims_, bytes_in_file.at(static_cast<size_t>(content)), most_bytes);
  elements_ = std::accumulate(dims_.begin(), dims_.end(), size_t{1}, std::multiplies<>());
}

void expect_place_for(hid_t dataset) {
  const std::string place = path_of(dataset);
  expect_place_for(place, lengths_of(Handle(H5Dget_space(dataset)), place),
                   static_cast<int64_t>(H5Tget_size(Handle(H5Dget_type(dataset)))),
                   most_bytes_of_dataset(dataset, place, Use::read));
}

Extent Extent::of_dataset(hid_t dataset, Content content, Use use) {
  const std::string place = path_of(dataset);
  return {place, content, Handle(H5Dget_type(dataset)), Handle(H5Dget_space(dataset)),
          most_bytes_of_dataset(dataset, place, use)};
}

Extent Extent::of_attribute(hid_t attribute, Content content) {
  return {place_of_attribute(attribute), content, Handle(H5Aget_type(attribute)), Handle(H5Aget_space(attribute)),
          bytes_of_file(attribute)};
}

size_t Extent::row_elements() const {
  return std::accumulate(dims_.begin() + 1, dims_.end(), size_t{1}, std::multiplies<>());
}

void Extent::expect_axes(size_t least, size_t most) const {
  if (dims_.size() < least || dims_.size() > most) {
    refuse(least == most ? fmt::format("{} axes", least) : fmt::format("{} to {} axes", least, most));
  }
}

void Extent::expect_dims(std::span<const int64_t> dims) const {
  if (!std::ranges::equal(dims_, dims)) {
    refuse(dims.empty() ? "a single value" : "the shape " + text_of(dims));
  }
}

void Extent::expect_elements(size_t elements) const {
  if (elements_ != elements) {
    refuse(fmt::format("{} values", elements));
  }
}

void Extent::expect_rows(int64_t first, int64_t count, size_t elements) const {
  expect_axes(1, H5S_MAX_RANK);
  if (first < 0 || count < 0 || first > dims_.front() || count > dims_.front() - first ||
      elements != static_cast<size_t>(count) * row_elements()) {
    refuse(fmt::format("rows {} to {}, {} values in all", first, first + count - 1, elements));
  }
}

void Extent::refuse(const std::string& expected) const {
  throw Failure(fmt::format("{}: got {} of shape {}, expected {}", place_,
                            content_names.at(static_cast<size_t>(content_)), text_of(dims_), expected));
}

Rows::Rows(hid_t dataset, Content content, Use use, int64_t first, int64_t count, size_t elements)
    : file(H5Dget_space(dataset)) {
  const Extent extent = Extent::of_dataset(dataset, content, use);
  extent.expect_rows(first, count, elements);
  std::vector<int64_t> dims = extent.dims();
  dims.front() = count;
  std::vector<hsize_t> start(dims.size(), 0);
  start.front() = static_cast<hsize_t>(first);
  const std::vector<hsize_t> lengths(dims.begin(), dims.end());
  check(H5Sselect_hyperslab(file, H5S_SELECT_SET, start.data(), nullptr, lengths.data(), nullptr));
  memory = simple_space(dims);
}

}  // namespace atelier::runlog::hdf5
