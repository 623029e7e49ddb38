#include "cli/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace atelier::cli {

void prepare_process() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) == -1) {
      (void)open("/dev/null",
                 descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY);  // takes the lowest one that is free: this
    }
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace atelier::cli
