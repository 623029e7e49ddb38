#include "runlog/headings.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "base/error.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/heading_cache.hpp"
#include "runlog/locks.hpp"
#include "runlog/many_logs.hpp"

namespace atelier::runlog {

namespace fs = std::filesystem;

std::vector<Heading> read_headings(const std::vector<fs::path>& logs) {
  std::map<fs::path, HeadingCache> caches;
  std::vector<Heading> headings;
  struct Unknown {
    size_t log;
    HeadingCache* cache;
    std::optional<FileStamp> stamp;
  };
  std::vector<Unknown> unknown;
  std::vector<fs::path> to_read;
  for (const fs::path& log : logs) {
    const fs::path folder = log.parent_path();
    HeadingCache& cache = caches.try_emplace(folder, folder).first->second;
    const std::optional<FileStamp> stamp = cache.stamp_of(log);
    const Heading* const known = stamp ? cache.find(log, *stamp) : nullptr;
    if (known == nullptr) {
      unknown.push_back({headings.size(), &cache, stamp});
      to_read.push_back(log);
    }
    headings.push_back(known == nullptr ? Heading{log} : *known);
    headings.back().path = log;
    headings.back().was_read = true;
  }
  std::vector<Heading> read;
  ManyLogs<Heading>(to_read, {}).read([&](const fs::path& log, Heading heading, const std::string& problem) {
    heading.path = log;
    heading.problem = problem;
    heading.was_read = true;
    read.push_back(std::move(heading));
  });
  for (size_t i = 0; i < read.size(); ++i) {
    if (unknown[i].stamp) {
      unknown[i].cache->keep(to_read[i], *unknown[i].stamp, read[i]);
    }
    headings[unknown[i].log] = std::move(read[i]);
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
