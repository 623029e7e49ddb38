// Inside this room only: annotations.hpp in an open log, as attributes of its root. `notes` is a list of texts, each
// the time, a space and the note; a log without a note has no such attribute.
#pragma once

#include "runlog/annotations.hpp"
#include "runlog/hdf5.hpp"

namespace atelier::runlog {

std::vector<Note> read_notes(hid_t file);

}  // namespace atelier::runlog
