// What weight decay takes hold of: all weights, as the formulas have it, or those alone that usually decay.
#pragma once

#include <atelier/optimizer.hpp>

namespace atelier {

class WeightDecay {
 public:
  static void describe(Description& d, const char* help) {
    d.number("weight_decay", 0.0, help).range(0);
    d.flag("decay_biases", true, "off: biases, and the scales and shifts of normalizations, do not decay");
  }
  explicit WeightDecay(const Settings& settings)
      : strength_(settings.number("weight_decay")), spares_(!settings.flag("decay_biases")) {}

  // λ
  [[nodiscard]] double of(const ParameterInfo& parameter) const {
    return spares_ && parameter.is_bias_or_norm() ? 0 : strength_;
  }

 private:
  double strength_;
  bool spares_;
};

}  // namespace atelier
