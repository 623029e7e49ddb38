#include "plugin/component_data.hpp"

#include <cstddef>

#include "base/error.hpp"

namespace atelier::plugin {
namespace {

template <typename T>
std::vector<T> list_of(const atl_value& value) {
  const T* data = static_cast<const T*>(value.list);
  return value.count == 0 ? std::vector<T>{} : std::vector<T>(data, data + value.count);
}

std::vector<std::string> class_names_of(const atl_field& field) {
  std::vector<std::string> out;
  if (field.size >= offsetof(atl_field, class_name_count) + sizeof field.class_name_count) {  // since minor 2
    for (uint64_t i = 0; i < field.class_name_count; ++i) {
      out.push_back(own(field.class_names[i]));
    }
  }
  if (!out.empty() && std::ssize(out) != field.classes) {
    throw Error(ErrorKind::plugin, "field '{}': {} class names, expected none or one for each of its {} classes",
                own(field.name), out.size(), field.classes);
  }
  return out;
}

}  // namespace

AbiSettings::AbiSettings(const catalog::Settings& settings) {
  texts_.reserve(settings.size());
  for (const auto& [name, value] : settings) {
    atl_value out{};
    out.type = static_cast<atl_value_type>(value.index());
    switch (static_cast<catalog::SettingType>(value.index())) {
      case catalog::SettingType::boolean:
        out.boolean = std::get<bool>(value) ? 1 : 0;
        break;
      case catalog::SettingType::integer:
        out.integer = std::get<int64_t>(value);
        break;
      case catalog::SettingType::number:
        out.number = std::get<double>(value);
        break;
      case catalog::SettingType::text:
        out.text = borrow(std::get<std::string>(value));
        break;
      case catalog::SettingType::integers:
        out.list = std::get<std::vector<int64_t>>(value).data();
        out.count = std::get<std::vector<int64_t>>(value).size();
        break;
      case catalog::SettingType::numbers:
        out.list = std::get<std::vector<double>>(value).data();
        out.count = std::get<std::vector<double>>(value).size();
        break;
      case catalog::SettingType::texts: {
        auto& views = texts_.emplace_back();
        for (const std::string& text : std::get<std::vector<std::string>>(value)) {
          views.push_back(borrow(text));
        }
        out.list = views.data();
        out.count = views.size();
        break;
      }
    }
    values_.push_back({borrow(name), out});
  }
  settings_ = {sizeof(atl_settings), values_.data(), values_.size()};
}

catalog::Value to_value(const atl_value& value) {
  switch (value.type) {
    case ATL_BOOLEAN:
      return value.boolean != 0;
    case ATL_INTEGER:
      return value.integer;
    case ATL_NUMBER:
      return value.number;
    case ATL_TEXT:
      return own(value.text);
    case ATL_INTEGERS:
      return list_of<int64_t>(value);
    case ATL_NUMBERS:
      return list_of<double>(value);
    default: {
      std::vector<std::string> texts;
      for (const atl_string& text : list_of<atl_string>(value)) {
        texts.push_back(own(text));
      }
      return texts;
    }
  }
}

catalog::DataSpec to_data_spec(const atl_data_spec& spec) {
  catalog::DataSpec out;
  const char* field = reinterpret_cast<const char*>(spec.fields);
  for (uint64_t i = 0; i < spec.field_count; ++i, field += spec.fields->size) {
    const auto& found = *reinterpret_cast<const atl_field*>(field);
    out.fields.push_back({own(found.name), found.dtype == ATL_INT64 ? tensor::DType::i64 : tensor::DType::f32,
                          tensor::Shape(std::span(found.dims, found.rank)), found.classes, found.low, found.high,
                          class_names_of(found)});
  }
  out.train_count = spec.train_count;
  out.test_count = spec.test_count;
  for (uint64_t i = 0; i < spec.file_count; ++i) {
    out.files.push_back(own(spec.files[i]));
  }
  return out;
}

AbiDataSpec::AbiDataSpec(const catalog::DataSpec& spec) {
  class_names_.reserve(spec.fields.size());
  for (const catalog::FieldSpec& field : spec.fields) {
    std::vector<atl_string>& names = class_names_.emplace_back();
    for (const std::string& name : field.class_names) {
      names.push_back(borrow(name));
    }
    fields_.push_back({sizeof(atl_field), borrow(field.name),
                       field.dtype == tensor::DType::i64 ? ATL_INT64 : ATL_FLOAT32,
                       static_cast<uint32_t>(field.dims.rank()), field.dims.dims().data(), field.classes, field.low,
                       field.high, names.data(), names.size()});
  }
  for (const std::string& file : spec.files) {
    files_.push_back(borrow(file));
  }
  spec_ = {sizeof(atl_data_spec), fields_.data(), fields_.size(), spec.train_count,
           spec.test_count,       files_.data(),  files_.size()};
}

}  // namespace atelier::plugin
