// When a run began, as its log says it.
#pragma once

#include <string>

namespace atelier::runlog {

std::string utc_now();  // "2026-01-31T12:00:00.123456Z"

// Without the fraction: "2026-01-31T12:00:00Z".
std::string whole_seconds(const std::string& created_utc);

// As text that sorts by time, whether there is a fraction or none, and however long it is.
std::string sortable(const std::string& created_utc);

}  // namespace atelier::runlog
