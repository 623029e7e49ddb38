// A plugin, checked from all sides for its author. All of it may crash, and never end: it belongs into a process of its
// own.
#pragma once

#include <filesystem>

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

std::string subject_of(const catalog::Description& component);  // "model 'vae'"

// Looks at the file, loads it, and reads what it says of itself. What it brings; nothing where it cannot be used.
std::vector<catalog::Description> check_library(const std::filesystem::path& library, Listener& listener);

// Makes the component and runs it on tiny data.
void check_component(const catalog::Description& component, const Workplace& workplace, Listener& listener);

}  // namespace atelier::check
