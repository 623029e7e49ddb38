// A profiled training step as a trace for a viewer, and as a table.
#pragma once

#include <string>

#include "base/terminal_text.hpp"
#include "training/profile.hpp"

namespace atelier::cli {

// "gemm/1" is "gemm"; a fused chain of more than three operations is named by the first three kinds in it:
// "mul+add+tanh (12 operations)". One name in the table and in the trace.
std::string short_name(const std::string& operations);

// In Chrome's trace event format, which chrome://tracing and ui.perfetto.dev read: one complete event for each piece,
// one thread for each worker.
std::string trace_json(const training::StepProfile& profile);

// A row for each operation, the longest first, and two lines about the whole step.
std::string profile_text(const training::StepProfile& profile, const terminal::Layout& layout);

}  // namespace atelier::cli
