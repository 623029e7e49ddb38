// Files that a verb is asked to write.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>

namespace atelier::cli {

// Called before the work, which would be lost otherwise. Throws Error(file) where `file` cannot be written.
void check_writable(const std::filesystem::path& file);

// The file appears when it is whole: until then one of another name beside it is written. What is no plain file, such
// as a pipe, is written as it is. Throws Error(file).
void write_file(const std::filesystem::path& file, const std::function<void(std::ostream&)>& write);
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace atelier::cli
