// Inside this room only: what a file says of one of its datasets or attributes. A file may be anybody's: nothing is
// read out of one, or written into what is there already, before this was looked at. Whatever is not as expected is a
// Failure that says where, what was found and what was expected.
#pragma once

#include "runlog/hdf5.hpp"

namespace atelier::runlog::hdf5 {

enum class Content { u8, i64, f32, f64, text };  // text: variable-length strings
constexpr Content content_of(Type type) {
  return static_cast<Content>(type);
}

// The extent of a dataset or an attribute that has this content and lies in this file. Its lengths, their product and
// its bytes fit into 64 bits; of what is to be read, they are no more than can come out of a file of that size.
enum class Use { read, write };
class Extent {
 public:
  static Extent of_dataset(hid_t dataset, Content content, Use use);
  static Extent of_attribute(hid_t attribute, Content content);

  [[nodiscard]] const std::vector<int64_t>& dims() const { return dims_; }
  [[nodiscard]] size_t elements() const { return elements_; }
  [[nodiscard]] size_t row_elements() const;  // of one place of the first axis

  void expect_axes(size_t least, size_t most) const;
  void expect_dims(std::span<const int64_t> dims) const;
  void expect_elements(size_t elements) const;
  void expect_rows(int64_t first, int64_t count, size_t elements) const;  // these rows, which have so many elements

 private:
  Extent(std::string place, Content content, hid_t type, hid_t space, int64_t most_bytes);
  [[noreturn]] void refuse(const std::string& expected) const;

  std::string place_;
  Content content_;
  std::vector<int64_t> dims_;
  size_t elements_ = 1;
};

// The same of a dataset of whatever content that is to be read.
void expect_place_for(hid_t dataset);

// Whole rows of a dataset, which have so many elements, as a selection in its file space beside a memory space of the
// same shape.
struct Rows {
  Rows(hid_t dataset, Content content, Use use, int64_t first, int64_t count, size_t elements);
  Handle file;
  Handle memory;
};

}  // namespace atelier::runlog::hdf5
