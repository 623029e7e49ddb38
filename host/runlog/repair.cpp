#include "runlog/repair.hpp"

#include "runlog/edit.hpp"

namespace atelier::runlog {

bool repair(const std::filesystem::path& log) {
  return edit_log(log, "repaired", {});
}

}  // namespace atelier::runlog
