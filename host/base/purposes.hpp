// What counted random numbers are for: each purpose is a stream of its own under one seed (docs/architecture.md, "Equal
// bits").
#pragma once

#include <cstdint>

namespace atelier {

enum RandomPurpose : uint64_t {
  purpose_initialization = 1,  // of parameters; row: the parameter's place
  purpose_training = 2,        // draws in training steps
  purpose_evaluation = 3,      // draws in evaluations; row: the sample's index in the split
  purpose_sampling = 4,        // step 0; row: the image's index
  purpose_order = 5,           // of the training data, by epoch
  purpose_validation = 6,      // which samples are held out
  purpose_transform = 7,       // of the data; step: the epoch, row: the sample's index in the dataset
};

}  // namespace atelier
