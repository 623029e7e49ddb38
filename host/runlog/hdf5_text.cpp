#include "runlog/hdf5_text.hpp"

#include <array>

#include "runlog/hdf5_stored.hpp"

namespace atelier::runlog::hdf5 {

namespace {

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type, H5T_VARIABLE));
  check(H5Tset_cset(type, H5T_CSET_UTF8));
  return type;
}

void write_attribute(hid_t object, const char* name, Content content, hid_t type, hid_t memory,
                     std::span<const int64_t> dims, const void* data) {
  Handle attribute;
  if (has_attribute(object, name)) {
    attribute = Handle(H5Aopen(object, name, H5P_DEFAULT));
    Extent::of_attribute(attribute, content).expect_dims(dims);
  } else {
    attribute = Handle(H5Acreate2(object, name, type, simple_space(dims), H5P_DEFAULT, H5P_DEFAULT));
  }
  check(H5Awrite(attribute, memory, data));
}

void write_number(hid_t object, const char* name, Type type, std::span<const int64_t> dims, const void* data) {
  write_attribute(object, name, content_of(type), file_type(type), memory_type(type), dims, data);
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size() + 1);  // HDF5 refuses a null buffer even for no strings at all
  for (const std::string& text : texts) {
    pointers.push_back(text.c_str());
  }
  return pointers;
}

// Strings that HDF5 allocates, and gets back. An empty one is a null pointer.
class AllocatedTexts {
 public:
  explicit AllocatedTexts(size_t count) : pointers_(count) {}
  AllocatedTexts(const AllocatedTexts&) = delete;
  AllocatedTexts& operator=(const AllocatedTexts&) = delete;
  ~AllocatedTexts() {
    for (char* pointer : pointers_) {
      H5free_memory(pointer);
    }
  }
  void* data() { return pointers_.data(); }
  [[nodiscard]] std::vector<std::string> copy() const {
    std::vector<std::string> texts;
    for (const char* pointer : pointers_) {
      texts.emplace_back(pointer == nullptr ? "" : pointer);
    }
    return texts;
  }

 private:
  std::vector<char*> pointers_;
};

std::vector<std::string> texts_of_attribute(hid_t attribute, const Extent& extent) {
  AllocatedTexts texts(extent.elements());
  if (extent.elements() > 0) {
    check(H5Aread(attribute, text_type(), texts.data()));
  }
  return texts.copy();
}

std::vector<std::string> texts_of_dataset(hid_t dataset, const Extent& extent) {
  AllocatedTexts texts(extent.elements());
  if (extent.elements() > 0) {
    check(H5Dread(dataset, text_type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()));
  }
  return texts.copy();
}

}  // namespace

void write_attribute(hid_t object, const char* name, const std::string& value) {
  const Handle type = text_type();
  const char* pointer = value.c_str();
  write_attribute(object, name, Content::text, type, type, {}, &pointer);
}

void write_attribute(hid_t object, const char* name, int64_t value) {
  write_number(object, name, Type::i64, {}, &value);
}

void write_attribute(hid_t object, const char* name, uint8_t value) {
  write_number(object, name, Type::u8, {}, &value);
}

void write_attribute(hid_t object, const char* name, double value) {
  write_number(object, name, Type::f64, {}, &value);
}

void write_attribute(hid_t object, const char* name, const std::vector<std::string>& values) {
  const Handle type = text_type();
  const std::array<int64_t, 1> length{static_cast<int64_t>(values.size())};
  write_attribute(object, name, Content::text, type, type, length, pointers_to(values).data());
}

void write_attribute(hid_t object, const char* name, std::span<const uint8_t> values) {
  const std::array<int64_t, 1> length{static_cast<int64_t>(values.size())};
  write_number(object, name, Type::u8, length, values.data());
}

void write_attribute(hid_t object, const char* name, std::span<const int64_t> values) {
  const std::array<int64_t, 1> length{static_cast<int64_t>(values.size())};
  write_number(object, name, Type::i64, length, values.data());
}

void replace_attribute(hid_t object, const char* name, const std::vector<std::string>& values) {
  if (has_attribute(object, name)) {
    check(H5Adelete(object, name));
  }
  write_attribute(object, name, values);
}

std::string read_text_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  const Extent extent = Extent::of_attribute(attribute, Content::text);
  extent.expect_dims({});
  return texts_of_attribute(attribute, extent).front();
}

int64_t read_integer_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  Extent::of_attribute(attribute, Content::i64).expect_dims({});
  int64_t value = 0;
  check(H5Aread(attribute, memory_type(Type::i64), &value));
  return value;
}

double read_number_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  Extent::of_attribute(attribute, Content::f64).expect_dims({});
  double value = 0;
  check(H5Aread(attribute, memory_type(Type::f64), &value));
  return value;
}

std::vector<int64_t> read_integers_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  const Extent extent = Extent::of_attribute(attribute, Content::i64);
  extent.expect_axes(1, 1);
  std::vector<int64_t> values(extent.elements());
  if (!values.empty()) {
    check(H5Aread(attribute, memory_type(Type::i64), values.data()));
  }
  return values;
}

std::vector<std::string> read_texts_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  const Extent extent = Extent::of_attribute(attribute, Content::text);
  extent.expect_axes(1, 1);
  return texts_of_attribute(attribute, extent);
}

Sha256::Digest read_digest_attribute(hid_t object, const char* name) {
  constexpr auto count = static_cast<int64_t>(std::tuple_size_v<Sha256::Digest>);
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  Extent::of_attribute(attribute, Content::u8).expect_dims({&count, 1});
  Sha256::Digest digest{};
  check(H5Aread(attribute, memory_type(Type::u8), digest.data()));
  return digest;
}

bool has_attribute(hid_t object, const char* name) {
  return check(H5Aexists(object, name)) > 0;
}

void make_text(hid_t parent, const std::string& name, const std::string& text) {
  const Handle type = text_type();
  const Handle dataset(
      H5Dcreate2(parent, name.c_str(), type, simple_space({}), H5P_DEFAULT, dataset_properties(), H5P_DEFAULT));
  const char* pointer = text.c_str();
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer));
}

Handle make_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts) {
  const Handle type = text_type();
  const std::array<int64_t, 1> length{static_cast<int64_t>(texts.size())};
  Handle dataset(
      H5Dcreate2(parent, name.c_str(), type, simple_space(length), H5P_DEFAULT, dataset_properties(), H5P_DEFAULT));
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers_to(texts).data()));
  return dataset;
}

std::string read_text(hid_t parent, const std::string& name) {
  const Handle dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
  const Extent extent = Extent::of_dataset(dataset, Content::text, Use::read);
  extent.expect_dims({});
  return texts_of_dataset(dataset, extent).front();
}

std::vector<std::string> read_texts(hid_t parent, const std::string& name) {
  const Handle dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
  const Extent extent = Extent::of_dataset(dataset, Content::text, Use::read);
  extent.expect_axes(1, 1);
  return texts_of_dataset(dataset, extent);
}

Handle make_growing_texts(hid_t parent, const std::string& name, int64_t count) {
  const std::array<hsize_t, 2> length{0, static_cast<hsize_t>(count)};
  const std::array<hsize_t, 2> limit{H5S_UNLIMITED, length[1]};
  const std::array<hsize_t, 2> chunk{1, length[1]};
  const Handle properties = dataset_properties();
  check(H5Pset_chunk(properties, 2, chunk.data()));
  check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY));
  return Handle(H5Dcreate2(parent, name.c_str(), text_type(), Handle(H5Screate_simple(2, length.data(), limit.data())),
                           H5P_DEFAULT, properties, H5P_DEFAULT));
}

void resize_texts(hid_t dataset, int64_t rows) {
  const Extent extent = Extent::of_dataset(dataset, Content::text, Use::write);
  extent.expect_axes(2, 2);
  const std::array<hsize_t, 2> lengths{static_cast<hsize_t>(rows), static_cast<hsize_t>(extent.dims()[1])};
  check(H5Dset_extent(dataset, lengths.data()));
}

void write_text_row(hid_t dataset, int64_t row, const std::vector<std::string>& texts) {
  const Rows rows(dataset, Content::text, Use::write, row, 1, texts.size());
  check(H5Dwrite(dataset, text_type(), rows.memory, rows.file, H5P_DEFAULT, pointers_to(texts).data()));
}

std::vector<std::string> read_text_row(hid_t dataset, int64_t row) {
  const Extent extent = Extent::of_dataset(dataset, Content::text, Use::read);
  extent.expect_axes(2, 2);
  AllocatedTexts texts(extent.row_elements());
  const Rows rows(dataset, Content::text, Use::read, row, 1, extent.row_elements());
  check(H5Dread(dataset, text_type(), rows.memory, rows.file, H5P_DEFAULT, texts.data()));
  return texts.copy();
}

}  // namespace atelier::runlog::hdf5
