// What a run is made from beside its settings, which the settings cannot show: the data that a folder holds, the
// plugins' binaries, other runs by their names. Two runs, or a run and what would go on with it, are compared by it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runlog/description.hpp"

namespace atelier::runlog {

// By what it is of: "data sha256", "classes of label", "plugin vae", "run judge", "start run". Values are one line.
using Identity = std::map<std::string, std::string>;

// As it is now: of a run that went on with something else on somebody's word, that.
Identity identity_of(const RunDescription& description);

// What is in one and not in the other, or not the same; the step is left to the caller.
std::vector<Change> differences(const Identity& was, const Identity& now);
// "data sha256 was 0123456789ab and is ba9876543210": with as much of a hash as tells it from others.
std::string to_text(const Change& change);
std::string shortened(const std::string& identity_value);

}  // namespace atelier::runlog
