#include "runlog/data_group.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"

namespace atelier::runlog {

namespace {

using catalog::FieldSpec;
using hdf5::Failure;
using hdf5::Handle;
using tensor::DType;

// As the dataset gives them.
std::string type_name(const FieldSpec& field) {
  return field.as_bytes ? "uint8" : std::string(tensor::name_of(field.dtype));
}

void make_names(hid_t group, const char* dataset, const char* axis, const std::vector<std::string>& names) {
  if (!names.empty()) {
    const Handle scale = hdf5::make_unwritten_scale(group, axis, static_cast<int64_t>(names.size()));
    hdf5::attach(hdf5::make_texts(group, dataset, names), {scale});
  }
}

std::vector<std::string> read_names_if_there(hid_t group, const char* dataset) {
  return hdf5::has(group, dataset) ? hdf5::read_texts(group, dataset) : std::vector<std::string>();
}

void make_field(hid_t data, const FieldSpec& field) {
  const Handle group = hdf5::make_group(data, field.name);
  hdf5::write_attribute(group, "kind", catalog::name_of(field.kind));
  hdf5::write_attribute(group, "type", type_name(field));
  hdf5::write_attribute(group, "shape", field.dims.dims());
  hdf5::write_attribute(group, "classes", field.classes);
  hdf5::write_attribute(group, "low", field.low);
  hdf5::write_attribute(group, "high", field.high);
  hdf5::write_attribute(group, "rate", field.rate);
  hdf5::write_attribute(group, "length_field", field.length_field);
  make_names(group, "class_name", "class", field.class_names);
  make_names(group, "channel_name", "channel", field.channel_names);
}

FieldSpec read_field(hid_t data, const std::string& name) {
  const Handle group = hdf5::open_group(data, name);
  FieldSpec field;
  field.name = name;
  const std::string kind = hdf5::read_text_attribute(group, "kind");
  const std::optional<catalog::FieldKind> known = catalog::field_kind_from(kind);
  if (!known) {
    throw Failure(
        fmt::format("the field '{}' of /data is of the kind '{}', which this program does not know", name, kind));
  }
  field.kind = *known;
  const std::string type = hdf5::read_text_attribute(group, "type");
  field.as_bytes = type == "uint8";
  field.dtype = type == tensor::name_of(DType::i64) ? DType::i64 : DType::f32;
  if (type != type_name(field)) {
    throw Failure(
        fmt::format("the field '{}' of /data has the type '{}', expected uint8, float32 or int64", name, type));
  }
  try {
    field.dims = tensor::Shape(hdf5::read_integers_attribute(group, "shape"));
  } catch (const Error& error) {
    throw Failure(fmt::format("the field '{}' of /data: {}", name, error.what()));
  }
  field.classes = hdf5::read_integer_attribute(group, "classes");
  field.low = hdf5::read_number_attribute(group, "low");
  field.high = hdf5::read_number_attribute(group, "high");
  field.rate = hdf5::read_number_attribute(group, "rate");
  field.length_field = hdf5::read_text_attribute(group, "length_field");
  field.class_names = read_names_if_there(group, "class_name");
  field.channel_names = read_names_if_there(group, "channel_name");
  return field;
}

}  // namespace

void make_data_group(hid_t file, const catalog::DataSpec& data) {
  const Handle group = hdf5::make_group(file, "data");
  hdf5::write_attribute(group, "training_samples", data.train_count);
  hdf5::write_attribute(group, "test_samples", data.test_count);
  for (const FieldSpec& field : data.fields) {
    make_field(group, field);
  }
}

catalog::DataSpec read_data_group(hid_t file) {
  const Handle group = hdf5::open_group(file, "data");
  catalog::DataSpec data;
  data.train_count = hdf5::read_integer_attribute(group, "training_samples");
  data.test_count = hdf5::read_integer_attribute(group, "test_samples");
  for (const std::string& name : hdf5::children(group)) {
    data.fields.push_back(read_field(group, name));
  }
  return data;
}

}  // namespace atelier::runlog
