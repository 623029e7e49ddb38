// Random steps of a small model, always the same for one seed: elementwise operations, reductions, views, products,
// and draws; where wanted also cuts, or updates and assignments in between.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "ops_bench.hpp"

namespace atelier::ops::test {

enum class RandomKind { forward, cut, training };

class RandomRecording {
 public:
  static constexpr int64_t side = 4;

  RandomRecording(Bench& bench, unsigned seed, RandomKind kind) : bench_(bench), random_(seed), kind_(kind) {}

  // Two groups of one weight each, and two state tensors. Before the first recording.
  static void add_parameters(Bench& bench) {
    int32_t group = 0;
    for (const auto& [first, step] : {std::pair(0.1, 0.03), {0.2, 0.03}, {0.3, 0.03}, {0.2, 0.01}}) {
      bench.parameter({side, side}, ramp(side * side, first, step), group < groups ? group : -1);
      ++group;
    }
  }

  // The values that the recording asks for.
  std::vector<uint32_t> record(int64_t step) {
    values_ = {bench_.input({side, side}, ramp(side * side, -0.4, 0.07)), bench_.use(0)};
    const auto length = static_cast<int>(6 + random_() % 22);
    for (int i = 0; i < length; ++i) {
      add_one(i, step);
      if (random_() % 4 == 0) {
        requested_.push_back(values_[random_() % values_.size()]);
      }
    }
    return requested_;
  }
  // A value that is no leaf, for reading.
  uint32_t computed() { return bench_.apply("exp", {values_.back()}); }

 private:
  using Axes = std::vector<int64_t>;
  static constexpr int32_t groups = 2;
  static constexpr uint32_t parameters = 4;

  uint32_t pick() {  // mostly one of the newest
    return random_() % 3 != 0 ? values_[values_.size() - 1 - random_() % std::min<size_t>(values_.size(), 4)]
                              : values_[random_() % values_.size()];
  }
  uint32_t scalar(double value) { return bench_.apply("scalar", {}, {value}); }

  void add_one(int i, int64_t step) {
    switch (random_() % 16) {
      case 0:
        return values_.push_back(bench_.use(static_cast<uint32_t>(random_() % parameters)));
      case 1:
        return values_.push_back(bench_.apply("tanh", {pick()}));
      case 2:
        return add_pair("add");
      case 3:
        return add_pair("mul");
      case 4: {
        const uint32_t left = pick();
        return values_.push_back(
            bench_.apply("matmul", {left, bench_.apply("add", {pick(), scalar(0.001 * i + 0.001)})}));
      }
      case 5: {
        const uint32_t flat = bench_.apply("reshape", {pick()}, {Axes{side * side}});
        return values_.push_back(bench_.apply("reshape", {bench_.apply("sin", {flat})}, {Axes{side, side}}));
      }
      case 6: {
        const uint32_t means = bench_.apply("mean", {pick()}, {Axes{1}, 1});
        return values_.push_back(bench_.apply("sub", {pick(), means}));
      }
      case 7: {
        const uint32_t factor = scalar(0.5 + 0.01 * static_cast<double>(step));
        return values_.push_back(bench_.apply("mul", {pick(), factor}));
      }
      case 8:  // the same elements in another shape, straight into their neighbours
        return values_.push_back(bench_.apply("add", {pick(), bench_.apply("detach", {pick()})}));
      case 9:
        return values_.push_back(bench_.apply("permute", {pick()}, {Axes{1, 0}}));
      case 10:
        return values_.push_back(bench_.apply("random_normal", {}, {Axes{side, side}}));
      case 11:
        return change_parameters();
      case 12:
        return kind_ == RandomKind::cut ? cut() : void();
      default:
        return;
    }
  }

  void add_pair(const std::string& operation) {
    const uint32_t left = pick();
    values_.push_back(bench_.apply(operation, {left, pick()}));
  }

  void cut() {
    std::vector<uint32_t> all = values_;
    all.insert(all.end(), requested_.begin(), requested_.end());
    bench_.session().materialize(all, {"model.cpp", 1});
    std::copy_n(all.begin(), values_.size(), values_.begin());
    std::copy(all.begin() + static_cast<std::ptrdiff_t>(values_.size()), all.end(), requested_.begin());
  }

  void change_parameters() {
    const uint32_t bounded = bench_.apply("tanh", {pick()});
    const auto index = static_cast<uint32_t>(random_() % parameters);
    if (kind_ != RandomKind::training) {
      return values_.push_back(bounded);
    }
    if (index >= groups) {
      return bench_.assign(index, bounded);
    }
    const uint32_t product = bench_.apply("mul", {bounded, bench_.use(index)});
    bench_.minimize(index, bench_.apply("mean", {product}), 0.05);
    values_.push_back(bench_.use(index));
  }

  Bench& bench_;
  std::mt19937 random_;
  RandomKind kind_;
  std::vector<uint32_t> values_, requested_;
};

}  // namespace atelier::ops::test
