// Inside this room only: what all JSON documents of it are made with.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "compare/test_samples.hpp"

namespace atelier::compare {

std::string dumped(const nlohmann::ordered_json& document);  // what is no UTF-8 is replaced
nlohmann::ordered_json text_or_null(const std::string& text);
nlohmann::ordered_json of_samples_json(const OfSamples& found);  // null where there are none

}  // namespace atelier::compare
