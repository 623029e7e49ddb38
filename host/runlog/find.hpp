// Which log a word means: one rule for every verb that takes a LOG, and for experiments that use other runs.
//
//   PATH         a log; or, of a folder, the logs in it and below
//   NAME         the logs of an experiment, in the folder of runs
//   NAME@all     the same, each of them; NAME@* says it too
//   ID           the log of the run with this id, or with the only one that begins so
//   PATTERN      with *, ? or [...]: the paths that it matches, or the names
//
// A file that is no log, and a folder without one, are not meant, so they hide no run. A word that can mean two things
// is refused, with both. Which run is the newest is said by the times inside of the logs, never by names of files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "runlog/headings.hpp"

namespace atelier::runlog {

struct Places {
  std::filesystem::path runs = "runs";           // where runs are found by names and ids
  std::filesystem::path beside;                  // what paths are relative to; "" is the current folder
  std::function<void(std::string_view)> inform;  // told, in one line, what was passed over and could have been meant
};

// Which of several runs. Resumable is what stopped before its end.
enum class Wanted { any, finished, resumable };

// There is no such log, and no run of that name or id.
class NoSuchRun : public Error {
 public:
  using Error::Error;
};

// The one log that is meant; of a folder or a name the newest that is wanted. What a path to a file or an id means is
// taken as it is. Throws Error(file), with NoSuchRun where a name has no run.
std::filesystem::path find_log(const std::string& word, Wanted wanted, const Places& places);

// What stands for one log of several: a file, however many links lead to it; or a path, as every link is one.
enum class Once { files, paths };

// All logs that these words mean, each file once, without looking whether they can be read: of a folder all, of a NAME
// the newest alone, or all. Throws as find_log does.
enum class OfName { newest, all };
std::vector<std::filesystem::path> find_logs(const std::vector<std::string>& words, OfName of_name,
                                             const Places& places);
// The same, with what they say of their runs.
std::vector<Heading> find_headings(const std::vector<std::string>& words, OfName of_name, const Places& places,
                                   Once once = Once::files);

}  // namespace atelier::runlog
