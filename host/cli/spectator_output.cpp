#include "cli/spectator_output.hpp"

#include "base/error.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {

void try_to_flush_output() noexcept {
  try {
    flush_output();
  } catch (const Error&) {  // the stream remembers
  }
}

}  // namespace atelier::cli
