// Counts every allocation of the process: allocations.cpp replaces malloc and its relatives, and operator new.
#pragma once

#include <cstdint>

namespace atelier::golden {

struct Allocations {
  int64_t ours = 0;  // of all code but oneDNN's
  // dnnl_sgemm makes its packing buffers anew in every call, and cannot be given any; running a primitive makes a list
  // of its arguments.
  int64_t onednn = 0;
  int64_t onednn_bytes = 0;
};

// Of all threads, while counting.
Allocations allocations();

// Traced allocations of ours are printed to stderr with where they come from, for addr2line.
void count_allocations(bool on, bool traced);

}  // namespace atelier::golden
