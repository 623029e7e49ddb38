// The moving average of the weights (Polyak & Juditsky 1992; for GANs Karras et al. 2018, section 4.2): a = a + s (θ -
// a) after each update of θ, in the update's own kernel.
#pragma once

#include "record/bank.hpp"

namespace atelier::execute {

using record::Bank;
using record::Parameter;

// s of the group's t-th update, from 1: 1 - min(decay, (1 + t) / (10 + t)), so that the initial weights are soon
// forgotten; there is no other correction for them.
double average_share(double decay, int64_t t);

// The average of a parameter, or null where its group keeps none.
tensor::Storage* average_of(const Bank& bank, Parameter& parameter);

// All averages begin anew, at the weights as they are.
void begin_averages(Bank& bank);

// While it lives, the averages are in the place of the weights, and the weights in theirs; one within another changes
// nothing. Nothing may be trained.
class AveragedWeights {
 public:
  explicit AveragedWeights(Bank& bank);
  ~AveragedWeights();
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  void exchange();
  Bank& bank_;
  bool outermost_;
};

}  // namespace atelier::execute
