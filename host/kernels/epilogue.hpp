// An elementwise program that follows a kernel piece by piece, while what the piece has made is still in the cache.
#pragma once

#include "kernels/elementwise.hpp"

namespace atelier::kernels {

struct Epilogue {
  ElementwiseProgram program;
  size_t input = 0;           // of the program: the producer's output 0, as it lies
  bool keeps_result = false;  // the producer's output is read by others too
};

// Inputs: the producer's, then the program's without the producer's output. Outputs: the producer's where it is kept,
// then the program's. Its bits are those of the two kernels one after the other. Absent where the producer's pieces
// leave nothing that the program could run on; the producer is then as it was.
std::unique_ptr<Kernel> make_epilogue(std::unique_ptr<Kernel>& producer, size_t producer_inputs, Epilogue epilogue);

}  // namespace atelier::kernels
