// What a process needs before it does anything.
#pragma once

namespace atelier::cli {

// Descriptors 0 to 2 that are closed are opened on the null device, or the first files to be opened would take their
// places, and messages would go into them. A file that grows beyond what the system allows is an error of that write,
// no signal.
void prepare_process();

}  // namespace atelier::cli
