// The training samples that are nearest to what a model has made: whether it makes something new, or what it was shown.
#pragma once

#include <cstdint>
#include <vector>

#include "inference/samples.hpp"
#include "inference/trained_model.hpp"

namespace atelier::inference {

struct Neighbour {
  int64_t sample = 0;   // its place in the training split
  double distance = 0;  // Euclidean, over all values, in the range that the model sees
};

struct Neighbours {
  std::vector<std::vector<Neighbour>> of_samples;  // of each sample, the nearest first; of equal distances the first
  Samples images;  // those neighbours, one after the other: strips of as many as each sample has
  // From training samples that were chosen at random to their own nearest other one, in rising order: what a distance
  // between two real ones is.
  std::vector<double> of_real;

  [[nodiscard]] double median_of_real() const;
  // The share of real samples whose nearest other one is at most so near.
  [[nodiscard]] double share_of_real(double distance) const;
};

// `count` neighbours of each, by a look at all of the training split. `seed` chooses the real samples, 500 at most.
// Throws Error(data) where the data are not there, Error(usage) where they have no field that is like the samples, or
// fewer training samples than are asked for.
Neighbours nearest_training_samples(TrainedModel& trained, const Samples& samples, int64_t count, uint64_t seed,
                                    int threads);

}  // namespace atelier::inference
