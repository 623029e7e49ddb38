#include "runlog/headings.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <thread>
#include <tuple>

#include "base/error.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/heading_cache.hpp"
#include "runlog/locks.hpp"
#include "runlog/reading_process.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;

// Again as long as somebody is writing the log.
Heading read_heading(ReadingProcess& process, const fs::path& log) {
  constexpr int tries = 20;
  constexpr std::chrono::milliseconds pause{50};
  for (int number = 1;; ++number) {
    try {
      auto heading = process.ask<Heading>({Request::What::heading, log.string()});
      heading.path = log;
      heading.was_read = true;
      return heading;
    } catch (const hdf5::Failure& failure) {
      if (number == tries || !holder_of(log)) {
        return {log, Error(ErrorKind::file, "{}: cannot be read: {}", log.string(), failure.what()).what(), true};
      }
    }
    std::this_thread::sleep_for(pause);
  }
}

Heading read_heading(ReadingProcess& process, HeadingCache& cache, const fs::path& log) {
  const std::optional<LogStamp> stamp = cache.stamp_of(log);
  if (const Heading* const known = stamp ? cache.find(log, *stamp) : nullptr) {
    Heading heading = *known;
    heading.path = log;
    heading.was_read = true;
    return heading;
  }
  Heading heading = read_heading(process, log);
  if (stamp) {
    cache.keep(log, *stamp, heading);
  }
  return heading;
}

}  // namespace

std::vector<Heading> read_headings(const std::vector<fs::path>& logs) {
  ReadingProcess process("");  // one for all
  std::map<fs::path, HeadingCache> caches;
  std::vector<Heading> headings;
  headings.reserve(logs.size());
  for (const fs::path& log : logs) {
    const fs::path folder = log.parent_path();
    headings.push_back(read_heading(process, caches.try_emplace(folder, folder).first->second, log));
  }
  for (auto& [folder, cache] : caches) {
    cache.save();
  }
  return headings;
}

FinalValue final_value(const Cadence& cadence, const MetricColumn& metric, const std::vector<int64_t>& steps,
                       const std::vector<double>& values) {
  FinalValue out{cadence.name, cadence.split, metric.name, metric.better};
  for (size_t row = 0; row < values.size(); ++row) {
    if (std::isnan(values[row])) {
      continue;
    }
    out.last = values[row];
    if (cadence.name == "eval" && !(values[row] >= out.smallest)) {
      out.smallest = values[row];
      out.smallest_step = steps[row];
    }
    if (cadence.name == "eval" && !(values[row] <= out.largest)) {
      out.largest = values[row];
      out.largest_step = steps[row];
    }
  }
  return out;
}

double median_speed(std::vector<double> samples_per_second) {
  constexpr double most = 1e15;
  std::erase_if(samples_per_second, [](double value) { return !(value >= 0 && value <= most); });
  if (samples_per_second.empty()) {
    return 0;
  }
  const auto middle = samples_per_second.begin() + static_cast<std::ptrdiff_t>(samples_per_second.size() / 2);
  std::ranges::nth_element(samples_per_second, middle);
  return *middle;
}

bool is_older(const Heading& a, const Heading& b) {
  return std::tuple(sortable(a.created_utc), a.run_id, a.path) < std::tuple(sortable(b.created_utc), b.run_id, b.path);
}

bool began_together(const Heading& a, const Heading& b) {
  return sortable(a.created_utc) == sortable(b.created_utc);
}

std::vector<Heading> logs_below(const fs::path& folder) {
  std::vector<fs::path> logs;
  try {
    std::error_code ignored;  // of a link that leads to itself, say
    for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
      if (entry.path().extension() == ".h5" && entry.is_regular_file(ignored)) {
        logs.push_back(entry.path());
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::file, "{}: cannot be read: {}", folder.string(), error.code().message());
  }
  std::vector<Heading> headings = read_headings(logs);
  std::ranges::sort(headings, [](const Heading& a, const Heading& b) {
    const fs::path one = a.path.parent_path();
    const fs::path other = b.path.parent_path();
    return one != other ? one < other : is_older(a, b);
  });
  return headings;
}

}  // namespace atelier::runlog
