// What goes wrong while a plan runs: kernels throw nothing, and those that call a plugin may fail.
#pragma once

#include <string>

namespace atelier::kernels {

// Any thread; the first message is kept.
void report_failed_run(const std::string& message) noexcept;
// Throws Error(plugin) with it, once, where there is one. When nothing runs.
void throw_failed_run();

}  // namespace atelier::kernels
