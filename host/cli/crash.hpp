// The last words of a process that a plugin ends, by a crash or by exit(): what of it ran, and what it had failed with
// before; the open log is closed as failed with these words where that can be.
#pragma once

namespace atelier::cli {

// From now on. Once, before any plugin is loaded.
void watch_crashes();

}  // namespace atelier::cli
