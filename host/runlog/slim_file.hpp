// Inside this room only: what a log says was dropped of it. The attribute `slimmed` of its root is a list of texts,
// each the time, a space and the parts; a log that nothing was dropped of has no such attribute.
#pragma once

#include "runlog/hdf5.hpp"
#include "runlog/slim.hpp"

namespace atelier::runlog {

std::vector<Slimming> read_slimmed(hid_t file);

}  // namespace atelier::runlog
