// Making the log of a run that has ended smaller, by what is no longer wanted of it. What is kept is as it was, bit by
// bit; the log says what was dropped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace atelier::runlog {

enum class Part {
  optimizer_slots,  // of all checkpoints: what is left are weights and their moving averages
  checkpoints,      // the newest ones, that a run goes on from
  kept,             // those of earlier steps
  samples,          // all but the newest of each series
  tensors           // the rows of all
};
std::string to_string(Part part);  // "optimizer-slots"
std::vector<std::string> parts_text(const std::vector<Part>& parts);

// What a log says of it.
struct Slimming {
  std::string utc;
  std::string parts;  // "samples, tensors"
};
bool dropped(const std::vector<Slimming>& slimmed, Part part);

struct SlimOutcome {
  uint64_t bytes_before = 0, bytes_after = 0;
};

// Into `output`, a file that is not there yet; where that is empty, in the log's own place, in which the new log takes
// the old one's once it is whole, on the disk, and was compared with it. Throws Error(file) where the log is being
// written, naming by whom, cannot be read, or has nothing of what is to be dropped.
SlimOutcome slim(const std::filesystem::path& log, const std::vector<Part>& parts,
                 const std::filesystem::path& output = {});

}  // namespace atelier::runlog
