#include "compare/moments.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

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

// What is left of a text, taken from its beginning.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_(text) {}

  [[nodiscard]] bool is_empty() const { return text_.empty(); }
  bool take(std::string_view word) {
    const bool found = text_.starts_with(word);
    text_.remove_prefix(found ? word.size() : 0);
    return found;
  }
  bool take_all(char of) {
    const bool found = text_.starts_with(of);
    text_.remove_prefix(std::min(text_.find_first_not_of(of), text_.size()));
    return found;
  }
  // A number of so many digits.
  std::optional<unsigned> number(size_t fewest, size_t most) {
    const size_t digits = std::min(text_.find_first_not_of("0123456789"), text_.size());
    if (digits < fewest || digits > most) {
      return std::nullopt;
    }
    unsigned value = 0;
    std::from_chars(text_.data(), text_.data() + digits, value);
    text_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view text_;
};

// "7 days ago"; a number of days is a day, a number of hours a time.
std::optional<std::string> ago(const std::string& text, std::chrono::system_clock::time_point now) {
  constexpr size_t most_digits = 5;
  constexpr std::array<std::string_view, 4> units{"minute", "hour", "day", "week"};
  Rest rest(text);
  const std::optional<unsigned> count = rest.number(1, most_digits);
  if (!count || !rest.take_all(' ')) {
    return std::nullopt;
  }
  const auto unit = std::ranges::find_if(units, [&](std::string_view word) { return rest.take(word); });
  rest.take("s");
  if (unit == units.end() || !rest.take_all(' ') || !rest.take("ago") || !rest.is_empty()) {
    return std::nullopt;
  }
  if (*unit == "minute") {
    return text_of_time(now - std::chrono::minutes(*count));
  }
  if (*unit == "hour") {
    return text_of_time(now - std::chrono::hours(*count));
  }
  return text_of_day(std::chrono::floor<std::chrono::days>(now) -
                     std::chrono::days(*unit == "week" ? 7 * *count : *count));
}

// Hours, and perhaps minutes, seconds and their decimals.
bool is_time_of_day(Rest& rest) {
  const std::optional<unsigned> hours = rest.number(2, 2);
  bool valid = hours && *hours < 24;
  for (int part = 0; part < 2 && valid && rest.take(":"); ++part) {  // minutes, seconds
    const std::optional<unsigned> number = rest.number(2, 2);
    valid = number && *number < 60;
    if (part == 1 && valid && rest.take(".")) {
      valid = rest.number(1, std::string_view::npos).has_value();
    }
  }
  rest.take("Z");
  return valid;
}

// A part of an ISO 8601 time, from the year on.
bool is_iso(const std::string& text) {
  Rest rest(text);
  const std::optional<unsigned> year = rest.number(4, 4);
  std::array<std::optional<unsigned>, 2> parts{1, 1};  // month, day
  bool has_day = true;
  for (std::optional<unsigned>& part : parts) {
    has_day = has_day && rest.take("-");
    part = has_day ? rest.number(2, 2) : part;
  }
  if (!year || !parts[0] || !parts[1] ||
      !year_month_day(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*parts[0]),
                      std::chrono::day(*parts[1]))
           .ok()) {
    return false;
  }
  if (has_day && (rest.take("T") || rest.take(" ")) && !is_time_of_day(rest)) {
    return false;
  }
  return rest.is_empty();
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
