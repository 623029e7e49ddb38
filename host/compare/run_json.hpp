// Inside this room only: what all JSON documents of it are made with.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace atelier::compare {

std::string dumped(const nlohmann::ordered_json& document);  // what is no UTF-8 is replaced
nlohmann::ordered_json text_or_null(const std::string& text);

}  // namespace atelier::compare
