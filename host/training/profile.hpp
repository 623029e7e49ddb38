// One training step looked at closely: which worker ran which piece of which operation, and when.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace atelier::execute {
struct Profile;
}

namespace atelier::training {

enum class Activity : uint8_t {
  operation,
  recording,  // the next step, by the thread that started this one
  batch,      // the next one is assembled
};

struct ProfiledOperation {
  Activity activity = Activity::operation;
  std::string name;                          // "gemm/1"; those of a fused chain are joined: "mul/1+tanh/1"
  std::vector<std::string> inputs, outputs;  // shapes
  std::string location;                      // the author's line; "" where it is nobody's
  double flops = 0;                          // of a matrix product or a convolution
};

struct ProfiledPiece {
  size_t operation = 0;
  int32_t phase = 0, piece = 0;
  int32_t worker = 0;
  double begin = 0, end = 0;  // seconds from the beginning of the step
};

struct StepProfile {
  int64_t step = 0;
  int32_t workers = 1;
  double seconds = 0;  // that the step's plans ran
  std::vector<ProfiledOperation> operations;
  std::vector<ProfiledPiece> pieces;
  int64_t arena_bytes = 0;       // of this step
  int64_t peak_arena_bytes = 0;  // of any step, evaluation or sampling of the run
  double sgemm_peak = 0;         // FLOP/s of all workers together
};

// The first step from the tenth on, when all is warm, that is a usual one; the tenth or the last where there is none
// near.
int64_t step_to_profile(int64_t total_steps, const std::function<bool(int64_t step)>& usual);

// Of the plans that have just run; the peaks and the step's number are left to the caller.
StepProfile step_profile(const execute::Profile& profile);

// FLOP/s of float32 products of matrices of 1024 x 1024, one on each of the threads at once; takes a fraction of a
// second.
double measure_sgemm_peak(int threads);

}  // namespace atelier::training
