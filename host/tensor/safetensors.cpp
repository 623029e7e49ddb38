#include "tensor/safetensors.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "tensor/memory.hpp"

namespace atelier::tensor {
namespace {

using Json = nlohmann::json;

constexpr std::string_view metadata_name = "__metadata__";

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& why) {
  throw Error(ErrorKind::file, "{}: {}", file.string(), why);
}

// 0 of a type whose elements are not whole bytes, or that is not known here.
uint64_t bytes_of(std::string_view type) {
  static const std::map<std::string_view, uint64_t> known{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"U16", 2}, {"I16", 2}, {"F16", 2},
      {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},     {"U64", 8},     {"I64", 8}, {"F64", 8}};
  const auto found = known.find(type);
  return found == known.end() ? 0 : found->second;
}

struct Header {
  Json entries;
  uint64_t data_begin = 0;
  uint64_t data_bytes = 0;
};

Header read_header(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(file, error);
  uint64_t length = 0;
  if (!in || error || !in.read(reinterpret_cast<char*>(&length), sizeof length)) {
    fail(file, "cannot be read as a safetensors file");
  }
  constexpr uint64_t longest = 100'000'000;
  if (length > longest || length > size - sizeof length) {
    fail(file, fmt::format("is no safetensors file, or cut short: a header of {} bytes in {}", length, size));
  }
  std::string text(length, ' ');
  in.read(text.data(), static_cast<std::streamsize>(length));
  Header out{Json::parse(text, nullptr, false), sizeof length + length, size - sizeof length - length};
  if (!in || !out.entries.is_object()) {
    fail(file, "is no safetensors file: its header is no JSON object");
  }
  return out;
}

std::optional<std::vector<uint64_t>> whole_numbers(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array() ||
      !std::ranges::all_of(*found, [](const Json& value) { return value.is_number_unsigned(); })) {
    return std::nullopt;
  }
  return found->get<std::vector<uint64_t>>();
}

// nullopt where there are more than a file could have.
std::optional<uint64_t> elements_of(const std::vector<uint64_t>& dims) {
  constexpr uint64_t most = uint64_t{1} << 60;
  uint64_t elements = 1;
  for (const uint64_t length : dims) {
    if (length > most || (elements != 0 && length > most / elements)) {
      return std::nullopt;
    }
    elements *= length;
  }
  return elements;
}

SafetensorsEntry entry_of(const std::filesystem::path& file, const std::string& name, const Json& json) {
  const auto type = json.is_object() ? json.find("dtype") : json.end();
  const auto dims = json.is_object() ? whole_numbers(json, "shape") : std::nullopt;
  const auto offsets = json.is_object() ? whole_numbers(json, "data_offsets") : std::nullopt;
  if (!dims || !offsets || offsets->size() != 2 || type == json.end() || !type->is_string()) {
    fail(file, fmt::format("has no whole description of '{}'", name));
  }
  SafetensorsEntry entry{name, type->get<std::string>(), {}, offsets->front(), offsets->back()};
  const std::optional<uint64_t> elements = elements_of(*dims);
  if (!elements) {
    fail(file, fmt::format("'{}' has the shape ({}), which no file can hold", name, fmt::join(*dims, ", ")));
  }
  entry.dims.assign(dims->begin(), dims->end());
  const uint64_t width = bytes_of(entry.type);
  if (entry.begin > entry.end || (width != 0 && entry.end - entry.begin != *elements * width)) {
    fail(file, fmt::format("'{}' lies at bytes {} to {}, expected {} bytes of the type {} and the shape ({})", name,
                           entry.begin, entry.end, *elements * width, entry.type, fmt::join(*dims, ", ")));
  }
  return entry;
}

std::map<std::string, std::string> metadata_of(const std::filesystem::path& file, const Json& json) {
  std::map<std::string, std::string> out;
  if (!json.is_object()) {
    fail(file, fmt::format("'{}' is no JSON object", metadata_name));
  }
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) {
      fail(file, fmt::format("'{}' has '{}', which is no text", metadata_name, key));
    }
    out[key] = value.get<std::string>();
  }
  return out;
}

// Without holes between them, and none behind the last: so a file that is cut short is known for it, whatever is read.
void check_places(const std::filesystem::path& file, std::vector<SafetensorsEntry>& tensors, uint64_t data_bytes) {
  std::ranges::sort(tensors, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t end = 0;
  for (const SafetensorsEntry& entry : tensors) {
    if (entry.begin != end) {
      fail(file, fmt::format("'{}' lies at bytes {} to {}, expected it to begin at {}, where the one before it ends",
                             entry.name, entry.begin, entry.end, end));
    }
    end = entry.end;
  }
  if (end != data_bytes) {
    fail(file, fmt::format("is {}: its tensors have {} bytes, and {} are there",
                           end > data_bytes ? "cut short" : "no safetensors file", end, data_bytes));
  }
}

float from_half(uint16_t bits) {  // IEEE 754 binary16
  const uint32_t exponent = (bits >> 10U) & 31U, fraction = bits & 1023U;
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) {
    return fraction == 0 ? sign * INFINITY : NAN;
  }
  return exponent == 0 ? sign * std::ldexp(static_cast<float>(fraction), -24)
                       : sign * std::ldexp(static_cast<float>(fraction | 1024U), static_cast<int>(exponent) - 25);
}

float from_brain(uint16_t bits) {  // bfloat16
  return std::bit_cast<float>(uint32_t{bits} << 16U);
}

template <typename Stored, typename Wanted, typename Convert>
void convert(const std::vector<char>& bytes, Wanted* to, const Convert& value_of) {
  for (size_t i = 0; i < bytes.size() / sizeof(Stored); ++i) {
    Stored value{};
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    to[i] = static_cast<Wanted>(value_of(value));
  }
}

// False where the type has no such values.
template <typename Wanted>
bool take_real(const std::string& type, const std::vector<char>& bytes, Wanted* to) {
  const auto same = [](auto value) { return value; };
  if (type == "F64") {
    convert<double>(bytes, to, same);
  } else if (type == "F32") {
    convert<float>(bytes, to, same);
  } else if (type == "F16") {
    convert<uint16_t>(bytes, to, from_half);
  } else if (type == "BF16") {
    convert<uint16_t>(bytes, to, from_brain);
  } else {
    return false;
  }
  return true;
}

bool take_whole(const std::string& type, const std::vector<char>& bytes, int64_t* to) {
  const auto same = [](auto value) { return value; };
  if (type == "I64") {
    convert<int64_t>(bytes, to, same);
  } else if (type == "I32") {
    convert<int32_t>(bytes, to, same);
  } else if (type == "I16") {
    convert<int16_t>(bytes, to, same);
  } else if (type == "U8") {
    convert<uint8_t>(bytes, to, same);
  } else {
    return false;
  }
  return true;
}

std::string_view type_of(DType dtype) {
  return dtype == DType::f32 ? "F32" : dtype == DType::f64 ? "F64" : "I64";
}

}  // namespace

bool SafetensorsEntry::is_real() const {
  return type == "F64" || type == "F32" || type == "F16" || type == "BF16";
}

SafetensorsFile::SafetensorsFile(std::filesystem::path file) : path_(std::move(file)) {
  const Header header = read_header(path_);
  data_begin_ = header.data_begin;
  for (const auto& [name, json] : header.entries.items()) {
    if (name == metadata_name) {
      metadata_ = metadata_of(path_, json);
    } else {
      tensors_.push_back(entry_of(path_, name, json));
    }
  }
  check_places(path_, tensors_, header.data_bytes);
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors_, name, &SafetensorsEntry::name);
  return found == tensors_.end() ? nullptr : &*found;
}

Tensor SafetensorsFile::read(const SafetensorsEntry& entry, DType as) const {
  if (entry.dims.size() > Shape::max_rank) {
    fail(path_, fmt::format("'{}' has {} axes, expected at most {}", entry.name, entry.dims.size(), Shape::max_rank));
  }
  std::vector<char> bytes(entry.end - entry.begin);
  std::ifstream in(path_, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(data_begin_ + entry.begin));
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    fail(path_, fmt::format("'{}' cannot be read: the file is cut short", entry.name));
  }
  const Shape shape{std::span(entry.dims)};
  Tensor out =
      take_memory([&] { return fmt::format("{}: '{}', {},", path_.string(), entry.name, described(shape, as)); },
                  "a machine with more", [&] { return Tensor(shape, as); });
  const bool taken = as == DType::f32   ? take_real(entry.type, bytes, out.storage.as<float>())
                     : as == DType::f64 ? take_real(entry.type, bytes, out.storage.as<double>())
                                        : take_whole(entry.type, bytes, out.storage.as<int64_t>());
  if (!taken) {
    fail(path_, fmt::format("'{}' is of the type {}, expected {}", entry.name, entry.type,
                            as == DType::i64 ? "I64, I32, I16 or U8" : "F64, F32, F16 or BF16"));
  }
  return out;
}

std::vector<float> read_safetensors(const std::filesystem::path& file, const std::string& name, const Shape& shape) {
  const SafetensorsFile in(file);
  const SafetensorsEntry* const entry = in.find(name);
  if (entry == nullptr) {
    std::vector<std::string> known;
    for (const SafetensorsEntry& tensor : in.tensors()) {
      known.push_back(tensor.name);
    }
    fail(file, fmt::format("has no tensor '{}'{}", name, instead_of(name, known, "none: it is empty")));
  }
  if (!std::ranges::equal(entry->dims, shape.dims())) {
    fail(file,
         fmt::format("'{}' has the shape ({}), expected {}", name, fmt::join(entry->dims, ", "), to_string(shape)));
  }
  const Tensor values = in.read(*entry, DType::f32);
  const std::span out(values.storage.as<const float>(), static_cast<size_t>(shape.elements()));
  return {out.begin(), out.end()};
}

void write_safetensors(std::ostream& out, const std::map<std::string, std::string>& metadata,
                       const std::map<std::string, Tensor>& tensors) {
  // Wide elements first, so that each tensor begins at a multiple of its elements' size.
  std::vector<const std::pair<const std::string, Tensor>*> order;
  for (const auto& tensor : tensors) {
    order.push_back(&tensor);
  }
  std::ranges::stable_sort(order, std::greater<>(), [](const auto* tensor) { return size_of(tensor->second.dtype); });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) {
    header[std::string(metadata_name)] = metadata;
  }
  uint64_t end = 0;
  for (const auto* tensor : order) {
    const auto& [name, value] = *tensor;
    if (name == metadata_name) {
      throw Error(ErrorKind::file, "a tensor cannot be called '{}' in a safetensors file, where it is the text's name",
                  name);
    }
    header[name] = {{"dtype", type_of(value.dtype)},
                    {"shape", std::vector<int64_t>(value.shape.dims().begin(), value.shape.dims().end())},
                    {"data_offsets", {end, end + value.bytes()}}};
    end += value.bytes();
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << text;
  for (const auto* tensor : order) {
    out.write(reinterpret_cast<const char*>(tensor->second.storage.data()),
              static_cast<std::streamsize>(tensor->second.bytes()));
  }
}

}  // namespace atelier::tensor
