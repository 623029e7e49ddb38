// Inside this room only: the page's HTML.
#pragma once

#include <string>

#include "report/json.hpp"

namespace atelier::report {

// As it goes between <script type="application/json"> and its end: no text in it can be markup.
std::string embedded(const Json& json);

// With these data inside; it loads nothing else.
std::string page_with(const Json& data);
// That asks the server that it came from for its data.
std::string live_page();

// What a server sends along with live_page(): where it may load from, its own scripts by their hashes.
std::string live_policy();

}  // namespace atelier::report
