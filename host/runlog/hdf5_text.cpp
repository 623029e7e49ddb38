#include "runlog/hdf5_text.hpp"

#include <array>

namespace atelier::runlog::hdf5 {

namespace {

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type, H5T_VARIABLE));
  check(H5Tset_cset(type, H5T_CSET_UTF8));
  return type;
}

void write_attribute(hid_t object, const char* name, hid_t type, hid_t memory, hid_t space, const void* data) {
  Handle attribute(has_attribute(object, name) ? H5Aopen(object, name, H5P_DEFAULT)
                                               : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  check(H5Awrite(attribute, memory, data));
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size() + 1);  // HDF5 refuses a null buffer even for no strings at all
  for (const std::string& text : texts) {
    pointers.push_back(text.c_str());
  }
  return pointers;
}

// Copies strings that HDF5 allocated, and gives them back to it. An empty one is a null pointer.
std::vector<std::string> take(std::vector<char*>& pointers) {
  std::vector<std::string> texts;
  for (char* pointer : pointers) {
    texts.emplace_back(pointer == nullptr ? "" : pointer);
    H5free_memory(pointer);
  }
  return texts;
}

size_t elements_in(hid_t space) {
  return static_cast<size_t>(check(H5Sget_simple_extent_npoints(space)));
}

}  // namespace

void write_attribute(hid_t object, const char* name, const std::string& value) {
  const Handle type = text_type();
  const char* pointer = value.c_str();
  write_attribute(object, name, type, type, simple_space({}), &pointer);
}

void write_attribute(hid_t object, const char* name, int64_t value) {
  write_attribute(object, name, file_type(Type::i64), memory_type(Type::i64), simple_space({}), &value);
}

void write_attribute(hid_t object, const char* name, uint8_t value) {
  write_attribute(object, name, file_type(Type::u8), memory_type(Type::u8), simple_space({}), &value);
}

void write_attribute(hid_t object, const char* name, const std::vector<std::string>& values) {
  const Handle type = text_type();
  const std::array<int64_t, 1> length{static_cast<int64_t>(values.size())};
  write_attribute(object, name, type, type, simple_space(length), pointers_to(values).data());
}

void write_attribute(hid_t object, const char* name, std::span<const uint8_t> values) {
  const std::array<int64_t, 1> length{static_cast<int64_t>(values.size())};
  write_attribute(object, name, file_type(Type::u8), memory_type(Type::u8), simple_space(length), values.data());
}

std::string read_text_attribute(hid_t object, const char* name) {
  std::vector<std::string> texts = read_texts_attribute(object, name);
  return texts.empty() ? "" : std::move(texts.front());
}

int64_t read_integer_attribute(hid_t object, const char* name) {
  int64_t value = 0;
  check(H5Aread(Handle(H5Aopen(object, name, H5P_DEFAULT)), memory_type(Type::i64), &value));
  return value;
}

std::vector<std::string> read_texts_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  std::vector<char*> pointers(elements_in(Handle(H5Aget_space(attribute))));
  if (pointers.empty()) {
    return {};
  }
  check(H5Aread(attribute, text_type(), pointers.data()));
  return take(pointers);
}

std::vector<uint8_t> read_bytes_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  std::vector<uint8_t> values(elements_in(Handle(H5Aget_space(attribute))));
  check(H5Aread(attribute, memory_type(Type::u8), values.data()));
  return values;
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
  std::vector<std::string> texts = read_texts(parent, name);
  return texts.empty() ? "" : std::move(texts.front());
}

std::vector<std::string> read_texts(hid_t parent, const std::string& name) {
  const Handle dataset = Handle(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
  std::vector<char*> pointers(elements_in(Handle(H5Dget_space(dataset))));
  check(H5Dread(dataset, text_type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()));
  return take(pointers);
}

}  // namespace atelier::runlog::hdf5
