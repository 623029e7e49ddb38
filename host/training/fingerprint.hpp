// Where a run's numbers come from: machine, libraries, plugins, data.
#pragma once

#include <string>

#include "training/workbench.hpp"

namespace atelier::training {

// The numeric fingerprint (DESIGN.md, section 4): equal fingerprints, equal bits. One key=value a line.
std::string numeric_fingerprint();

runlog::Provenance provenance_of(Workbench& bench, const plugin::Registry& registry, int threads);

std::string new_run_id();  // eight hexadecimal digits, from the system's randomness

}  // namespace atelier::training
