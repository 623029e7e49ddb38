#include "runlog/creation_time.hpp"

#include <fmt/core.h>

#include <chrono>
#include <ctime>

namespace atelier::runlog {

std::string utc_now() {
  using namespace std::chrono;
  constexpr int64_t million = 1'000'000;
  const int64_t now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(now / million);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, now % million);
}

std::string whole_seconds(const std::string& created_utc) {
  const size_t point = created_utc.find('.');
  return point == std::string::npos || !created_utc.ends_with('Z') ? created_utc : created_utc.substr(0, point) + "Z";
}

std::string sortable(const std::string& created_utc) {
  std::string time = created_utc.substr(0, created_utc.find_last_not_of('Z') + 1);  // which sorts after a point
  if (time.find('.') != std::string::npos) {
    time.erase(time.find_last_not_of('0') + 1);
    time.erase(time.find_last_not_of('.') + 1);
  }
  return time;
}

}  // namespace atelier::runlog
