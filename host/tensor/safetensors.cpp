#include "tensor/safetensors.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text.hpp"

namespace atelier::tensor {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& why) {
  throw Error(ErrorKind::file, "{}: {}", file.string(), why);
}

struct Header {
  Json entries;
  uint64_t data_begin = 0;
  uint64_t data_bytes = 0;
};

Header read_header(std::ifstream& in, const std::filesystem::path& file) {
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

float from_half(uint16_t bits) {  // IEEE 754 binary16
  const uint32_t exponent = (bits >> 10U) & 31U, fraction = bits & 1023U;
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) {
    return fraction == 0 ? sign * INFINITY : NAN;
  }
  return exponent == 0 ? sign * std::ldexp(static_cast<float>(fraction), -24)
                       : sign * std::ldexp(static_cast<float>(fraction | 1024U), static_cast<int>(exponent) - 25);
}

template <typename Stored, typename Convert>
std::vector<float> convert(const std::vector<char>& bytes, const Convert& to_float) {
  std::vector<float> out(bytes.size() / sizeof(Stored));
  for (size_t i = 0; i < out.size(); ++i) {
    Stored value{};
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    out[i] = to_float(value);
  }
  return out;
}

size_t bytes_of(const std::string& type) {
  return type == "F64" ? 8 : type == "F32" ? 4 : type == "F16" || type == "BF16" ? 2 : 0;
}

std::vector<float> to_floats(const std::string& type, const std::vector<char>& bytes) {
  if (type == "F64") {
    return convert<double>(bytes, [](double value) { return static_cast<float>(value); });
  }
  if (type == "F32") {
    return convert<float>(bytes, [](float value) { return value; });
  }
  if (type == "F16") {
    return convert<uint16_t>(bytes, from_half);
  }
  return convert<uint16_t>(bytes, [](uint16_t value) { return std::bit_cast<float>(uint32_t{value} << 16U); });
}

}  // namespace

std::vector<float> read_safetensors(const std::filesystem::path& file, const std::string& name, const Shape& shape) {
  std::ifstream in(file, std::ios::binary);
  const Header header = read_header(in, file);
  const auto entry = header.entries.find(name);
  if (entry == header.entries.end() || !entry->is_object()) {
    std::vector<std::string> known;
    for (const auto& [key, value] : header.entries.items()) {
      known.push_back(key);
    }
    fail(file, fmt::format("has no tensor '{}'{}", name, instead_of(name, known, "none: it is empty")));
  }
  try {
    const auto type = entry->at("dtype").get<std::string>();
    const auto dims = entry->at("shape").get<std::vector<int64_t>>();
    const auto [begin, end] = entry->at("data_offsets").get<std::pair<uint64_t, uint64_t>>();
    if (!std::ranges::equal(dims, shape.dims())) {
      fail(file, fmt::format("'{}' has the shape ({}), expected {}", name, fmt::join(dims, ", "), to_string(shape)));
    }
    const size_t width = bytes_of(type);
    if (width == 0) {
      fail(file, fmt::format("'{}' is of the type {}, expected F64, F32, F16 or BF16", name, type));
    }
    if (begin > end || end > header.data_bytes || end - begin != static_cast<uint64_t>(shape.elements()) * width) {
      fail(file, fmt::format("'{}' lies at bytes {} to {} of {}, expected {} bytes", name, begin, end,
                             header.data_bytes, static_cast<uint64_t>(shape.elements()) * width));
    }
    std::vector<char> bytes(end - begin);
    in.seekg(static_cast<std::streamoff>(header.data_begin + begin));
    if (!in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
      fail(file, fmt::format("'{}' cannot be read: the file is cut short", name));
    }
    return to_floats(type, bytes);
  } catch (const Json::exception&) {
    fail(file, fmt::format("has no whole description of '{}'", name));
  }
}

}  // namespace atelier::tensor
