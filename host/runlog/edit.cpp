#include "runlog/edit.hpp"

#include "base/error.hpp"
#include "runlog/forked_process.hpp"
#include "runlog/layout.hpp"
#include "runlog/locks.hpp"

namespace atelier::runlog {

bool edit_log(const std::filesystem::path& log, const char* done, const std::function<void(hid_t file)>& edit) {
  if (!std::filesystem::exists(log)) {
    throw Error(ErrorKind::file, "{}: no such file", log.string());
  }
  const Lock lock(log);
  const auto expect_lock = [&] {
    if (const std::string lost = lock.lost(); !lost.empty()) {
      throw hdf5::Failure(lost);
    }
  };
  try {
    hdf5::prepare();
    rehearse(log, [&] {
      const OpenLogFile copy = open_log(log, Access::rehearsal);
      if (edit) {
        edit(copy.file);
        hdf5::check(H5Fflush(copy.file, H5F_SCOPE_LOCAL));
      }
    });
    OpenLogFile opened = open_log(log, Access::write);
    if (edit) {
      edit(opened.file);
      hdf5::check(H5Fflush(opened.file, H5F_SCOPE_LOCAL));
      expect_lock();
      opened.storage->commit();
    }
    opened.file.close();
    if (edit) {
      opened.storage->commit();  // what closing it has changed
    }
    opened.storage->close();
    return opened.storage->was_unfinished();
  } catch (const hdf5::Failure& failure) {
    throw Error(ErrorKind::file, "{}: cannot be {}: {}", log.string(), done, failure.what());
  }
}

}  // namespace atelier::runlog
