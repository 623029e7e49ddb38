#include "supervision/end.hpp"

#include <fmt/core.h>

#include <csignal>
#include <cstring>

namespace atelier::supervision {

std::string name_of_signal(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

std::string End::words() const {
  if (!last_words.empty()) {
    return last_words;
  }
  if (signal == 0) {
    return fmt::format("the process ended with the code {}", code);
  }
  return fmt::format("the process ended with {}{}{}", name_of_signal(signal),
                     signal == SIGKILL && cause == Cause::unsaid ? ": " : "",
                     signal == SIGKILL && cause == Cause::unsaid ? was_killed : "");
}

}  // namespace atelier::supervision
