#include "runlog/repair.hpp"

#include "runlog/edit.hpp"
#include "runlog/layout.hpp"

namespace atelier::runlog {

bool repair(const std::filesystem::path& log) {
  return edit_log(log, "repaired", {});
}

bool close_as_failed_later(const std::filesystem::path& log, const std::string& reason) {
  bool ran = false;
  edit_log(log, "closed", [&](hid_t file) {
    ran = read_status(file) == Status::running;
    if (ran) {
      write_status(file, Status::failed, reason);
    }
  });
  return ran;
}

}  // namespace atelier::runlog
