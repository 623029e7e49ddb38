// The last words of a process that a plugin ends, by a crash or by exit(): what of it ran, and what it had failed with
// before; the open log is closed as failed with these words where that can be.
#pragma once

namespace atelier::cli {

// From now on. Once, before any plugin is loaded.
void watch_crashes();

// The same in a process that this one has forked, once it runs: its last words go to this descriptor, without "error"
// before them, and it ends with such words after so many seconds.
void watch_child(int last_words, unsigned seconds);

}  // namespace atelier::cli
