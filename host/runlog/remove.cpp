#include "runlog/remove.hpp"

#include "base/error.hpp"
#include "runlog/journal.hpp"
#include "runlog/locks.hpp"
#include "runlog/path.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;

void remove_file(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
  if (error) {
    throw Error(ErrorKind::file, "{}: cannot be removed: {}", file.string(), error.message());
  }
}

// A log that never came to its name is locked by that.
fs::path locked_as(const fs::path& log) {
  return log.extension() == ".new" ? fs::path(log).replace_extension() : log;
}

}  // namespace

// The log goes first: what is left where the process ends on the way belongs to no log.
void remove_log(const fs::path& log) {
  std::error_code ignored;
  if (fs::is_symlink(log, ignored)) {
    return remove_file(log);
  }
  const Lock lock(locked_as(log));
  const fs::path journal = journal_path(log);
  remove_file(log);
  remove_file(journal);
  for (const char* ending : {".new", ".slim"}) {
    remove_file(log.string() + ending);
  }
}

}  // namespace atelier::runlog
