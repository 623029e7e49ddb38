#pragma once

namespace atelier::cli {

// flush_output() without a word, for who goes on whether anybody still reads or not; the last flush_output() throws
// then.
void try_to_flush_output() noexcept;

}  // namespace atelier::cli
