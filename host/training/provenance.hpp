// Where a run's numbers come from: machine, libraries, plugins, data.
#pragma once

#include <string>

#include "training/setup.hpp"

namespace atelier::training {

// The numeric fingerprint (docs/architecture.md, "Equal bits"): equal fingerprints, equal bits. One key=value a line.
std::string numeric_fingerprint();

runlog::Provenance provenance_of(Setup& setup, const plugin::Registry& registry, int threads);

}  // namespace atelier::training
