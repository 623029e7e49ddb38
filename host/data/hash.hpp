// The identity of data that is read from files: a hash of all samples.
#pragma once

#include <string>

#include "plugin/dataset.hpp"

namespace atelier::data {

// SHA-256 of every sample as the dataset gives it, training and test samples, with the groups of the training samples
// and the fields' descriptions; of each dataset that reads files, the ones that others are made of included. So it does
// not change with the files' place, names or compression where these say nothing of the samples, and changes with
// whatever a model would see. "" where no dataset reads files: made data follow from settings and plugins.
std::string hash_of_samples(const plugin::Dataset& dataset, int threads);

}  // namespace atelier::data
