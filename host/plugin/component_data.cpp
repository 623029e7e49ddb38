#include "plugin/component_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "catalog/names.hpp"

namespace atelier::plugin {
namespace {

template <typename T>
std::vector<T> values_of_list(const atl_value& value) {
  constexpr uint64_t most = 10'000;
  const std::span<const T> list = span_of<T>(value.list, value.count, most, "a list");
  return {list.begin(), list.end()};
}

tensor::DType dtype_of(const atl_field& field) {
  if (field.dtype != ATL_FLOAT32 && field.dtype != ATL_INT64 && field.dtype != ATL_UINT8) {
    throw Error(ErrorKind::plugin, "the field {} has the dtype {}, expected ATL_FLOAT32, ATL_INT64 or ATL_UINT8",
                catalog::quoted(own(field.name)),
                field.dtype == ATL_FLOAT64 ? "ATL_FLOAT64" : std::to_string(field.dtype));
  }
  return field.dtype == ATL_INT64 ? tensor::DType::i64 : tensor::DType::f32;  // bytes become reals: Dataset::read
}

catalog::FieldSpec field_of(const atl_field& field) {
  catalog::FieldSpec out{own(field.name), dtype_of(field), {}, field.classes, field.low, field.high};
  if (field.kind < ATL_NUMBERS_OF_NO_KIND || field.kind > ATL_TABLE_ROW) {
    throw Error(ErrorKind::plugin, "the field {} has the kind {}, expected one of atl_kind", catalog::quoted(out.name),
                field.kind);
  }
  out.kind = static_cast<catalog::FieldKind>(field.kind);
  out.as_bytes = field.dtype == ATL_UINT8;
  out.rate = field.rate;
  out.length_field = own(field.length_field);
  const std::string what = "the field " + catalog::quoted(out.name) + ": its shape";
  for (const int64_t length : span_of<int64_t>(field.dims, field.rank, tensor::Shape::max_rank, what)) {
    if (length < 0) {  // which a Shape cannot hold
      throw Error(ErrorKind::plugin, "{} has an axis of {}, expected lengths of at least 1", what, length);
    }
    try {
      out.dims.append(length);
    } catch (const Error& error) {
      throw Error(ErrorKind::plugin, "{}: {}", what, error.what());
    }
  }
  constexpr uint64_t most_classes = 1'000'000;
  for (const atl_string& name : span_of<atl_string>(field.class_names, field.class_name_count, most_classes,
                                                    "the field " + catalog::quoted(out.name) + ": its class names")) {
    out.class_names.push_back(own(name));
  }
  for (const atl_string& name :
       span_of<atl_string>(field.channel_names, field.channel_name_count, most_classes,
                           "the field " + catalog::quoted(out.name) + ": its channels' names")) {
    out.channel_names.push_back(own(name));
  }
  return out;
}

std::vector<atl_string> borrow_all(const std::vector<std::string>& texts) {
  std::vector<atl_string> out;
  std::ranges::transform(texts, std::back_inserter(out), borrow);
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
      return values_of_list<int64_t>(value);
    case ATL_NUMBERS:
      return values_of_list<double>(value);
    case ATL_TEXTS: {
      std::vector<std::string> texts;
      for (const atl_string& text : values_of_list<atl_string>(value)) {
        texts.push_back(own(text));
      }
      return texts;
    }
    default:
      throw Error(ErrorKind::plugin, "a value has the type {}, expected one of atl_value_type", value.type);
  }
}

catalog::DataSpec to_data_spec(const atl_data_spec* pointer) {
  constexpr uint64_t most_fields = 100'000;  // to read; how many there may be is said with what else is wrong
  constexpr uint64_t most_files = uint64_t{1} << 32U;
  const atl_data_spec spec = copy_of(pointer, "its spec");
  catalog::DataSpec out;
  for_each(spec.fields, spec.field_count, most_fields, "field",
           [&](const atl_field& field) { out.fields.push_back(field_of(field)); });
  out.train_count = spec.train_count;
  out.test_count = spec.test_count;
  for (const atl_string& file : span_of<atl_string>(spec.files, spec.file_count, most_files, "its list of files")) {
    out.files.push_back(own(file));
  }
  if (const std::vector<std::string> problems = problems_of(out); !problems.empty()) {
    throw Error(ErrorKind::plugin, fmt::format("{}", fmt::join(problems, "; ")));
  }
  return out;
}

AbiDataSpec::AbiDataSpec(const catalog::DataSpec& spec) {
  for (const catalog::FieldSpec& field : spec.fields) {
    const std::vector<atl_string>& classes = names_.emplace_back(borrow_all(field.class_names));
    atl_field out{};
    out.size = sizeof out;
    out.name = borrow(field.name);
    out.kind = static_cast<atl_kind>(field.kind);
    out.dtype = field.dtype == tensor::DType::i64 ? ATL_INT64 : ATL_FLOAT32;
    out.dims = field.dims.dims().data();
    out.rank = static_cast<uint32_t>(field.dims.rank());
    out.classes = field.classes;
    out.low = field.low;
    out.high = field.high;
    out.class_names = classes.data();
    out.class_name_count = classes.size();
    const std::vector<atl_string>& channels = names_.emplace_back(borrow_all(field.channel_names));
    out.channel_names = channels.data();
    out.channel_name_count = channels.size();
    out.rate = field.rate;
    out.length_field = borrow(field.length_field);
    fields_.push_back(out);
  }
  for (const std::string& file : spec.files) {
    files_.push_back(borrow(file));
  }
  spec_ = {sizeof(atl_data_spec), fields_.data(), fields_.size(), spec.train_count,
           spec.test_count,       files_.data(),  files_.size()};
}

}  // namespace atelier::plugin
