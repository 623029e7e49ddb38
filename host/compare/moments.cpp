#include "compare/moments.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <regex>

namespace atelier::compare {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

std::string text_of_day(sys_days day) {
  const year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string text_of_time(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{}T{:02}:{:02}:{:02}", text_of_day(day), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

// "7 days ago"; a number of days is a day, a number of hours a time.
std::optional<std::string> ago(const std::string& text, std::chrono::system_clock::time_point now) {
  static const std::regex pattern("([0-9]{1,5}) +(minute|hour|day|week)s? +ago");
  std::smatch parts;
  if (!std::regex_match(text, parts, pattern)) {
    return std::nullopt;
  }
  const int64_t count = std::stoll(parts[1]);
  if (parts[2] == "minute") {
    return text_of_time(now - std::chrono::minutes(count));
  }
  if (parts[2] == "hour") {
    return text_of_time(now - std::chrono::hours(count));
  }
  return text_of_day(std::chrono::floor<std::chrono::days>(now) -
                     std::chrono::days(parts[2] == "week" ? 7 * count : count));
}

// A part of an ISO 8601 time, from the year on.
bool is_iso(const std::string& text) {
  static const std::regex pattern(
      "([0-9]{4})(-([0-9]{2})(-([0-9]{2})([T ]([0-9]{2})(:([0-9]{2})(:([0-9]{2})(\\.[0-9]+)?)?)?Z?)?)?)?");
  std::smatch parts;
  if (!std::regex_match(text, parts, pattern)) {
    return false;
  }
  const auto number = [&](size_t group, unsigned otherwise) {
    return parts[group].matched ? static_cast<unsigned>(std::stoul(parts[group])) : otherwise;
  };
  const year_month_day date(std::chrono::year(static_cast<int>(number(1, 1))), std::chrono::month(number(3, 1)),
                            std::chrono::day(number(5, 1)));
  return date.ok() && number(7, 0) < 24 && number(9, 0) < 60 && number(11, 0) < 60;
}

}  // namespace

std::optional<std::string> moment_of(const std::string& text, std::chrono::system_clock::time_point now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  if (text == "today") {
    return text_of_day(today);
  }
  if (text == "yesterday") {
    return text_of_day(today - std::chrono::days(1));
  }
  if (!is_iso(text)) {
    return ago(text, now);
  }
  std::string time = text;
  if (const size_t space = time.find(' '); space != std::string::npos) {
    time[space] = 'T';
  }
  return time;
}

}  // namespace atelier::compare
