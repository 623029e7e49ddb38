// Inside this room only: what the page's data are made of.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace atelier::report {

using Json = nlohmann::ordered_json;

// Bytes that are no UTF-8 are replaced; numbers that are not finite are null.
std::string text_of(const Json& json);

std::string base64(const void* data, size_t bytes);

// Many numbers, little-endian, as {"f32": BASE64} where float32 holds each of them exactly (NaN and infinities too),
// else {"f64": BASE64}.
Json packed(const std::vector<double>& values);
// The same for what is only drawn: float32, rounded.
Json packed_rounded(const std::vector<double>& values);
Json packed_steps(const std::vector<int64_t>& steps);  // {"u32": ...} where that holds them

}  // namespace atelier::report
