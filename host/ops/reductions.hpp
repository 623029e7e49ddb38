// How reductions over a list of axes are declared.
#pragma once

#include <string_view>

#include "ops/declare.hpp"

namespace atelier::ops {

// With its shape rule, and the attributes `axes` and `keep`; `what` is the summary's.
Operation listed(const char* name, std::string_view what);

}  // namespace atelier::ops
