// How somebody asks a program that works to stop.
#pragma once

#include <atomic>

namespace atelier {

// Shared between the thread that is asked and the one that works.
struct StopRequest {
  std::atomic<bool> asked{false};
  // There is work that would be lost: it is asked to stop, and given the time to. Where there is none, the process may
  // just end.
  std::atomic<bool> has_work{false};
};

}  // namespace atelier
