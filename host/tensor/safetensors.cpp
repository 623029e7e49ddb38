#include "tensor/safetensors.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "tensor/memory.hpp"
#include "tensor/safetensors_header.hpp"

namespace atelier::tensor {
namespace {

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

bool is_whole(std::string_view type) {
  return type == "I64" || type == "I32" || type == "I16" || type == "U8";
}

template <typename Wanted>
void take_real(const std::string& type, const std::vector<char>& bytes, Wanted* to) {
  const auto same = [](auto value) { return value; };
  if (type == "F64") {
    convert<double>(bytes, to, same);
  } else if (type == "F32") {
    convert<float>(bytes, to, same);
  } else if (type == "F16") {
    convert<uint16_t>(bytes, to, from_half);
  } else {
    convert<uint16_t>(bytes, to, from_brain);
  }
}

void take_whole(const std::string& type, const std::vector<char>& bytes, int64_t* to) {
  const auto same = [](auto value) { return value; };
  if (type == "I64") {
    convert<int64_t>(bytes, to, same);
  } else if (type == "I32") {
    convert<int32_t>(bytes, to, same);
  } else if (type == "I16") {
    convert<int16_t>(bytes, to, same);
  } else {
    convert<uint8_t>(bytes, to, same);
  }
}

std::string_view type_of(DType dtype) {
  return dtype == DType::f32 ? "F32" : dtype == DType::f64 ? "F64" : "I64";
}

}  // namespace

bool SafetensorsEntry::is_real() const {
  return type == "F64" || type == "F32" || type == "F16" || type == "BF16";
}

SafetensorsFile::SafetensorsFile(std::filesystem::path file) : path_(std::move(file)) {
  SafetensorsHeader header = read_safetensors_header(path_);
  tensors_ = std::move(header.tensors);
  metadata_ = std::move(header.metadata);
  data_begin_ = header.data_begin;
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors_, name, &SafetensorsEntry::name);
  return found == tensors_.end() ? nullptr : &*found;
}

Tensor SafetensorsFile::read(const SafetensorsEntry& entry, DType as) const {
  if (entry.dims.size() > Shape::max_rank) {
    fail_in_file(path_,
                 fmt::format("'{}' has {} axes, expected at most {}", entry.name, entry.dims.size(), Shape::max_rank));
  }
  // Before there is memory for it: of a type that is not known, the shape is a number that nothing holds to the file.
  if (as == DType::i64 ? !is_whole(entry.type) : !entry.is_real()) {
    fail_in_file(path_, fmt::format("'{}' is of the type {}, expected {}", entry.name, entry.type,
                                    as == DType::i64 ? "I64, I32, I16 or U8" : "F64, F32, F16 or BF16"));
  }
  std::vector<char> bytes(entry.end - entry.begin);
  std::ifstream in(path_, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(data_begin_ + entry.begin));
  if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    fail_in_file(path_, fmt::format("'{}' cannot be read: the file is cut short", entry.name));
  }
  const Shape shape{std::span(entry.dims)};
  Tensor out =
      take_memory([&] { return fmt::format("{}: '{}', {},", path_.string(), entry.name, described(shape, as)); },
                  "a machine with more", [&] { return Tensor(shape, as); });
  if (as == DType::f32) {
    take_real(entry.type, bytes, out.storage.as<float>());
  } else if (as == DType::f64) {
    take_real(entry.type, bytes, out.storage.as<double>());
  } else {
    take_whole(entry.type, bytes, out.storage.as<int64_t>());
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
    fail_in_file(file, fmt::format("has no tensor '{}'{}", name, instead_of(name, known, "none: it is empty")));
  }
  if (!std::ranges::equal(entry->dims, shape.dims())) {
    fail_in_file(file, fmt::format("'{}' has the shape ({}), expected {}", name, fmt::join(entry->dims, ", "),
                                   to_string(shape)));
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
    header[std::string(safetensors_metadata)] = metadata;
  }
  uint64_t end = 0;
  for (const auto* tensor : order) {
    const auto& [name, value] = *tensor;
    if (name == safetensors_metadata) {
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
