// Work in a process of its own, as what it calls may crash, leave by exit(), find no end, or take all memory.
#pragma once

#include <functional>
#include <string>

namespace atelier::cli {

// Tells whoever started the process something: any bytes.
using Tell = std::function<void(const std::string& message)>;

// Forks, does the work there, and hands on what it tells. Returns "" where it came to its end, else what ended it, in
// words. After so many seconds it is ended, and it may have a few gigabytes. No other thread may run.
std::string run_apart(const std::function<void(const Tell& tell)>& work, const Tell& told, unsigned seconds);

}  // namespace atelier::cli
