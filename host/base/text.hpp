// Small helpers for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atelier {

// The candidate with the smallest edit distance to `name`, or "" where none is near enough to be a typing error.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

// "; did you mean 'x'?" for the nearest candidate, or "" where none is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

// "a", "a or b", "a, b or c"; `none` where there is none, so that "expected " is never followed by nothing.
std::string one_of(const std::vector<std::string>& choices, std::string_view none = "none: there are none");

// "a", "a, b, c"; `none` where there is none.
std::string list_of(const std::vector<std::string>& names, std::string_view none = "none");

// What to say of a name that nothing has: "; did you mean 'x'?" where one is near, else ", expected a, b or c".
std::string instead_of(std::string_view name, const std::vector<std::string>& choices,
                       std::string_view none = "none: there are none");

// "1.2 KB", "3.4 MB": bytes for people, in powers of 1000.
std::string human_bytes(double bytes);

}  // namespace atelier
