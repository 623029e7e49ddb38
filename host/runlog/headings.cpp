#include "runlog/headings.hpp"

#include <algorithm>
#include <tuple>

#include "base/error.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/reader.hpp"
#include "runlog/reading_process.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;

// A Reader waits for a writer's flush to end, and says what is wrong.
Heading thorough_look(const fs::path& log) {
  try {
    const Reader reader(log);
    const RunDescription& run = reader.description();
    return {log, "", run.run_id, run.name, run.created_utc, reader.status()};
  } catch (const Error& error) {
    return {log, error.what()};
  }
}

}  // namespace

std::vector<Heading> read_headings(const std::vector<fs::path>& logs) {
  ReadingProcess process("");  // one for all
  std::vector<Heading> headings;
  for (const fs::path& log : logs) {
    try {
      const Title title = process.ask<Title>({Request::What::title, log.string()});
      headings.push_back({log, "", title.run_id, title.name, title.created_utc, title.status});
    } catch (const hdf5::Failure&) {
      headings.push_back(thorough_look(log));
    }
  }
  return headings;
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
