// The runs of a folder for a page that is kept up to date: what a server answers with, by keys that are no paths.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace atelier::report {

struct RunPage;

struct Document {
  std::string text;  // JSON
  std::string tag;   // of the state of the log that it was made from
};

// May be used by any number of threads at once. Logs that are being written are read as their last flush left them. The
// functions throw Error(file) where the folder or a log cannot be read, and Error(usage) for a key, a series or a step
// that is not there.
class LiveRuns {
 public:
  explicit LiveRuns(std::filesystem::path folder);  // throws Error(file) where it cannot be read
  ~LiveRuns();

  // A list of all runs in the folder and below, as they began: key, run_id, name, seed, path, state, problem, steps,
  // progress, tag. A run that is broken has no key.
  std::string list();
  Document run(const std::string& key);
  std::string comparison(const std::vector<std::string>& keys);
  std::string picture(const std::string& key, const std::string& series, int64_t step);  // a PNG file

  static std::string page();    // HTML
  static std::string policy();  // the Content-Security-Policy that goes with it

 private:
  struct Known {
    std::string tag;
    std::shared_ptr<const RunPage> page;
  };
  std::filesystem::path path_of(const std::string& key);
  std::shared_ptr<const RunPage> page_of(const std::string& key, std::string& tag);

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::filesystem::path> paths_;  // by key, as the last list had them
  std::map<std::string, Known> known_;                  // by key
  std::list<std::string> recent_;                       // keys of `known_`, the one last used first
};

}  // namespace atelier::report
