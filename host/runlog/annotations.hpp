// What people say of a run once it has ended, in its log: tags, and notes. They are no part of what the run wrote, and
// what checks that a log is as it was leaves them out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace atelier::runlog {

struct Note {
  std::string utc;  // "2026-01-31T12:00:00.123456Z"
  std::string text;
};

// Each changes the log as a whole or not at all, whatever ends the process on the way, and nothing else in it. Throws
// Error(file) where the log is being written, naming by whom, and where it cannot be changed.

// Each once, those that are added last. Returns what it has then.
std::vector<std::string> change_tags(const std::filesystem::path& log, const std::vector<std::string>& added,
                                     const std::vector<std::string>& removed);
// After those that it has, with the time of now.
void add_note(const std::filesystem::path& log, const std::string& text);

}  // namespace atelier::runlog
