#include "report/json.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace atelier::report {
namespace {

static_assert(std::endian::native == std::endian::little, "packed numbers are as they lie in memory");

template <typename To, typename From>
Json packed_as(const char* name, const std::vector<From>& values) {
  std::vector<To> converted;
  converted.reserve(values.size());
  for (const From value : values) {
    converted.push_back(static_cast<To>(value));
  }
  return {{name, base64(converted.data(), converted.size() * sizeof(To))}};
}

bool is_float32(double value) {
  if (!std::isfinite(value)) {
    return true;
  }
  return std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()) &&
         static_cast<double>(static_cast<float>(value)) == value;
}

double within_float32(double value) {
  constexpr auto most = static_cast<double>(std::numeric_limits<float>::max());
  return std::isfinite(value) ? std::clamp(value, -most, most) : value;
}

}  // namespace

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string base64(const void* data, size_t bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* const in = static_cast<const unsigned char*>(data);
  std::string out;
  out.reserve((bytes + 2) / 3 * 4);
  for (size_t i = 0; i < bytes; i += 3) {
    const size_t have = std::min<size_t>(3, bytes - i);
    unsigned bits = static_cast<unsigned>(in[i]) << 16U;
    bits |= have > 1 ? static_cast<unsigned>(in[i + 1]) << 8U : 0;
    bits |= have > 2 ? in[i + 2] : 0U;
    out += digits[bits >> 18U & 63U];
    out += digits[bits >> 12U & 63U];
    out += have > 1 ? digits[bits >> 6U & 63U] : '=';
    out += have > 2 ? digits[bits & 63U] : '=';
  }
  return out;
}

Json packed(const std::vector<double>& values) {
  return std::ranges::all_of(values, is_float32) ? packed_as<float>("f32", values) : packed_as<double>("f64", values);
}

Json packed_rounded(const std::vector<double>& values) {
  std::vector<double> rounded;
  std::ranges::transform(values, std::back_inserter(rounded), within_float32);
  return packed_as<float>("f32", rounded);
}

Json packed_steps(const std::vector<int64_t>& steps) {
  const auto fits = [](int64_t step) { return step >= 0 && step <= std::numeric_limits<uint32_t>::max(); };
  return std::ranges::all_of(steps, fits) ? packed_as<uint32_t>("u32", steps) : packed_as<double>("f64", steps);
}

}  // namespace atelier::report
