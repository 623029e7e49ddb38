// The table that plugins call (atelier/abi.h); VersionExchange hands it out.
#pragma once

#include <atelier/abi.h>

#include <functional>
#include <string_view>

namespace atelier::plugin {

const atl_core& core_table();

// Where lines that plugins have for the user go. Set once at start; the default drops them.
void set_inform(std::function<void(std::string_view)> sink);

}  // namespace atelier::plugin
