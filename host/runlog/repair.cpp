#include "runlog/repair.hpp"

#include "base/error.hpp"
#include "runlog/forked_process.hpp"
#include "runlog/layout.hpp"
#include "runlog/locks.hpp"

namespace atelier::runlog {

bool repair(const std::filesystem::path& path) {
  const Lock lock(path);
  try {
    hdf5::prepare();
    rehearse([&] { open_log(path, Access::rehearsal); });
    OpenLogFile log = open_log(path, Access::write);
    log.file.close();
    log.storage->close();
    return log.storage->was_unfinished();
  } catch (const hdf5::Failure& failure) {
    throw Error(ErrorKind::file, "{}: cannot be repaired: {}", path.string(), failure.what());
  }
}

}  // namespace atelier::runlog
