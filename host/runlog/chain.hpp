// What a log's own hashes say of it. They are no signature: who changes a log and all of its hashes is found out only
// by those who know its head.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace atelier::runlog {

struct Chain {
  bool there = false;               // a log of an earlier version has none
  std::vector<std::string> faults;  // what is not as it was written, in the log's order
  int64_t links = 0;                // checkpoints, and the final result
  int64_t rows = 0;                 // of metrics, samples and tensors, that the newest of them covers
  int64_t later_rows = 0;           // that follow it, and that nothing covers yet
  std::string dropped;  // what was dropped of it since, and left its hashes: "3 rows of samples, 4 kept checkpoints"
  int64_t step = 0;     // of the newest
  std::string head;     // its hash. Equal runs have equal ones, whenever and wherever they ran
};

}  // namespace atelier::runlog
