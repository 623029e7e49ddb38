// What metrics that see by another run's model were measured with: such a number says nothing without it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compare/run.hpp"

namespace atelier::compare {

struct Passport {
  std::string metric;         // its table in the experiment: "frechet"
  std::string use;            // "frechet-distance"
  std::string extractor;      // the other run, as the experiment names it; "" where pixels are compared
  std::string id;             // the run's id, or the hash of the file that its weights came from
  std::string feature;        // of the extractor; "" where the metric has no such setting
  std::string split;          // that was evaluated
  int64_t samples = 0;        // of each set; 0 where the metric does not say
  std::string preprocessing;  // of what both the model and the extractor see: "range [0.0, 1.0], crop 24"
  std::string seed;           // that the generated samples follow from
  struct Value {
    std::string name;    // "precision"; "" of a metric's only number
    double value, real;  // `real`: the same measure of real images; NaN where there is none
  };
  std::vector<Value> values;
};

// Of each metric of the run that another run's model, or a number of generated samples, is a part of.
std::vector<Passport> passports_of(const Run& run);

// "feature 'hidden' of cnn-fashion (0123456789ab); test split, 10,000 of each set; range [0.0, 1.0]".
std::string measured_with_text(const Passport& passport);
// With the values, and what it was generated from: of one run.
std::string to_text(const Passport& passport);

}  // namespace atelier::compare
