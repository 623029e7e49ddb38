#include "runlog/headings.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
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

// Reads, each in a process of its own, as many logs at a time as there are processors.
class ManyLogs {
 public:
  explicit ManyLogs(const std::vector<fs::path>& logs) : logs_(logs) {
    constexpr size_t enough = 8;  // logs that a process is worth making for
    constexpr size_t most = 8;
    const size_t processors = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, most);
    processes_.resize(std::clamp<size_t>(logs.size() / enough, 1, processors));
  }

  std::vector<Heading> read() {
    std::vector<Heading> headings;
    for (size_t log = 0; log < std::min(logs_.size(), processes_.size()); ++log) {
      ask(log);
    }
    for (size_t log = 0; log < logs_.size(); ++log) {
      headings.push_back(answer(log));
      if (log + processes_.size() < logs_.size()) {
        ask(log + processes_.size());
      }
    }
    return headings;
  }

 private:
  struct Process {
    std::unique_ptr<ReadingProcess> process = std::make_unique<ReadingProcess>("");
    std::string problem;  // in asking it
  };
  Process& process_of(size_t log) { return processes_[log % processes_.size()]; }

  void ask(size_t log) {
    Process& to = process_of(log);
    try {
      to.problem.clear();
      to.process->send({Request::What::heading, logs_[log].string()});
    } catch (const hdf5::Failure& failure) {
      to.problem = failure.what();
    }
  }

  // Again as long as somebody is writing the log.
  Heading answer(size_t log) {
    constexpr int tries = 20;
    constexpr std::chrono::milliseconds pause{50};
    const fs::path& path = logs_[log];
    Process& from = process_of(log);
    for (int number = 1;; ++number) {
      try {
        if (!from.problem.empty()) {
          throw hdf5::Failure(from.problem);
        }
        auto heading = from.process->answer<Heading>();
        heading.path = path;
        heading.was_read = true;
        return heading;
      } catch (const hdf5::Failure& failure) {
        if (number == tries || !holder_of(path)) {
          return {path, Error(ErrorKind::file, "{}: cannot be read: {}", path.string(), failure.what()).what(), true};
        }
      }
      std::this_thread::sleep_for(pause);
      ask(log);
    }
  }

  const std::vector<fs::path>& logs_;
  std::vector<Process> processes_;
};

}  // namespace

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
  std::vector<Heading> read = ManyLogs(to_read).read();
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
