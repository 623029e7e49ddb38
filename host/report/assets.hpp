// Inside this room only: the files of assets/, as the build has put them into the program.
#pragma once

#include <string_view>

namespace atelier::report::assets {

// In the order in which the page needs them.
extern const std::string_view style;   // ours, after the libraries'
extern const std::string_view script;  // ours, in one scope
extern const std::string_view libraries;
extern const std::string_view licences;
extern const std::string_view page;  // the HTML, with places that page.cpp fills

}  // namespace atelier::report::assets
