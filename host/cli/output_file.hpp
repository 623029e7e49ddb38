// Files that a verb is asked to write.
#pragma once

#include <filesystem>
#include <string>

namespace atelier::cli {

// Called before the work, which would be lost otherwise. Throws Error(file) where `file` cannot be written.
void check_writable(const std::filesystem::path& file);

// Throws Error(file).
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace atelier::cli
