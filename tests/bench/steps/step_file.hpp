// What another program needs to repeat training steps: weights and state, batches, and random draws, one after the
// other in one file, in the machine's own bytes. Each function returns in JSON what it wrote.
#pragma once

#include <fstream>
#include <string>

#include "data/training_batches.hpp"
#include "record/bank.hpp"
#include "record/recorder.hpp"

namespace atelier {

class StepFile {
 public:
  explicit StepFile(const std::string& path);

  std::string add_parameters(const record::Bank& bank);
  // The fields of the current batch.
  std::string add_batch(const data::TrainingBatches& batches);
  // All that the recording draws, in the order of its calls; of composed operations the uniform numbers that they are
  // made of.
  std::string add_draws(const record::Recorder& recorder, uint64_t seed, int64_t step);

 private:
  void append(const void* data, size_t bytes);

  std::ofstream file_;
};

}  // namespace atelier
