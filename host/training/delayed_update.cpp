#include "training/delayed_update.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace atelier::training {

DelayedUpdate::DelayedUpdate(record::UpdateRule& rule, int64_t delay)
    : rule_(rule), delay_(delay), slots_(rule.slots()) {
  ATELIER_CHECK(delay > 0 && delay <= static_cast<int64_t>(max_delay));
  for (int64_t i = 0; i < delay; ++i) {
    slots_.push_back(fmt::format("delayed-{}", i));
  }
}

void DelayedUpdate::begin_update(int64_t t, double learning_rate, double* scalars) {
  if (t > delay_) {
    rule_.begin_update(t - delay_, learning_rate, scalars);
  }
  scalars[plugin_scalars] = static_cast<double>(t);
}

void DelayedUpdate::update(const double* scalars, const double* constants, uint64_t count, tensor::DType real,
                           void* parameter, const void* gradient, void* const* slots) const {
  const auto t = static_cast<int64_t>(scalars[plugin_scalars]);
  // Of update t - delay, in whose place this one's is kept.
  void* const waiting = slots[rule_.slots().size() + static_cast<size_t>(t % delay_)];
  if (t > delay_) {
    rule_.update(scalars, constants, count, real, parameter, waiting, slots);
  }
  std::memcpy(waiting, gradient, count * tensor::size_of(real));
}

}  // namespace atelier::training
