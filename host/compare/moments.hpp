// Moments as people write them: "2026-01-31", "2026-01-31T12:30", "yesterday", "7 days ago".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace atelier::compare {

inline constexpr std::string_view expected_moment =
    "a date as 2026-01-31, or 2026-01, 2026, or 2026-01-31T12:30; today, yesterday, or '7 days ago' (or hours, weeks)";

// As a log says when its run began, in UTC, with as much of it as was given: of a day "2026-01-31", which stands for
// all of it. nullopt for what is no moment.
std::optional<std::string> moment_of(const std::string& text, std::chrono::system_clock::time_point now);

}  // namespace atelier::compare
