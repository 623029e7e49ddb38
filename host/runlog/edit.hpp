// Inside this room only: changing the log of a run that has ended.
#pragma once

#include <filesystem>
#include <functional>

#include "runlog/hdf5.hpp"

namespace atelier::runlog {

// Locks the log, makes the change that its journal has, and then `edit`'s (none: that alone), first on a copy in memory
// in a process of its own. All of it is in the file afterwards, on the disk, and the journal is gone; or, whatever ends
// the process on the way, nothing or all of it. Returns whether the journal had a change. Throws Error(file): "LOG:
// cannot be `done`: ...".
bool edit_log(const std::filesystem::path& log, const char* done, const std::function<void(hid_t file)>& edit);

}  // namespace atelier::runlog
