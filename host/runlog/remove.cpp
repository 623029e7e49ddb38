#include "runlog/remove.hpp"

#include <functional>

#include "base/error.hpp"
#include "runlog/forked_process.hpp"
#include "runlog/journal.hpp"
#include "runlog/layout.hpp"
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

bool can_be_done(const fs::path& file, const std::function<void()>& action) {
  try {
    rehearse(file, action);
    return true;
  } catch (const hdf5::Failure&) {
    return false;
  }
}

}  // namespace

Origin origin_of(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    return Origin::foreign;
  }
  hdf5::prepare();
  if (!can_be_done(file, [&] { open_hdf5(file, Access::read); })) {
    return Origin::unknown;
  }
  const auto expect_ours = [&] {
    if (!is_log(open_hdf5(file, Access::read).file)) {
      throw hdf5::Failure("it is no log of a run");
    }
  };
  return can_be_done(file, expect_ours) ? Origin::ours : Origin::foreign;
}

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
