// The last words of a process that a plugin ends, by a crash or by exit(): what of it ran, and what it had failed with
// before; the open log is closed as failed with these words where that can be.
#pragma once

#include "supervision/pulse.hpp"

namespace atelier::cli {

// From now on. Once, before any plugin is loaded.
void watch_crashes();

// The same in a child that is watched, once it runs, before it has other threads: its supervisor is told its last
// words, too. It has such words, and ends, when the supervisor says that it has stalled, after so many seconds.
void watch_crashes_for(supervision::Pulse& pulse, double stall_seconds);

// The same in a process that this one has forked, once it runs: its last words go to this descriptor, without "error"
// before them, and it ends with such words after so many seconds.
void watch_child(int last_words, unsigned seconds);

}  // namespace atelier::cli
