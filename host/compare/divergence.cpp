#include "compare/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "catalog/names.hpp"
#include "runlog/slim.hpp"

namespace atelier::compare {

namespace {

// A NaN is a NaN of the same bits, and zero has a sign.
template <typename T>
bool same_bits(T a, T b) {
  if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
  } else if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
  } else {
    return a == b;
  }
}

size_t rows_until(const std::vector<int64_t>& steps, int64_t step) {
  return static_cast<size_t>(std::ranges::upper_bound(steps, step) - steps.begin());
}

template <typename Item>
bool has(const std::vector<Item>& items, const std::string& name) {
  return std::ranges::any_of(items, [&](const Item& item) { return item.name == name; });
}

// What is held against each other, one after the other.
class Findings {
 public:
  void differ(int64_t step, std::string what, std::string first, std::string second) {
    if (!agreement_.divergence || step < agreement_.divergence->step) {
      agreement_.divergence = Divergence{step, std::move(what), std::move(first), std::move(second)};
    }
  }

  template <typename T>
  void values(int64_t step, const std::string& what, const tensor::Shape& shape, std::span<const T> a,
              std::span<const T> b) {
    agreement_.values += std::ssize(a);
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (!same_bits(a[i], b[i])) {
        const std::string place = shape.rank() == 0 ? "" : fmt::format(" at {}", place_of(shape, i));
        return differ(step, what + place, fmt::format("{}", +a[i]), fmt::format("{}", +b[i]));
      }
    }
    if (a.size() != b.size()) {
      differ(step, what, fmt::format("{} values", a.size()), fmt::format("{} values", b.size()));
    }
  }

  static std::string place_of(const tensor::Shape& shape, size_t element) {
    std::vector<size_t> place(shape.rank());
    for (size_t axis = shape.rank(); axis-- > 0;) {
      const auto length = static_cast<size_t>(shape[axis]);
      place[axis] = element % length;
      element /= length;
    }
    return fmt::format("({})", fmt::join(place, ", "));
  }

  void tensors(int64_t step, const std::string& what, const tensor::Tensor& a, const tensor::Tensor& b) {
    if (a.dtype != b.dtype || !(a.shape == b.shape)) {
      const auto text = [](const tensor::Tensor& t) {
        return fmt::format("{} {}", tensor::name_of(t.dtype), tensor::to_string(t.shape));
      };
      return differ(step, what, text(a), text(b));
    }
    const auto same = [&]<typename T>(T) {
      const auto count = static_cast<size_t>(a.shape.elements());
      values<T>(step, what, a.shape, {a.storage.as<T>(), count}, {b.storage.as<T>(), count});
    };
    switch (a.dtype) {
      case tensor::DType::f32:
        return same(float{});
      case tensor::DType::f64:
        return same(double{});
      case tensor::DType::i64:
        return same(int64_t{});
      case tensor::DType::bf16:
        return;
    }
  }

  void named(int64_t step, const std::string& of, const std::vector<runlog::NamedTensor>& a,
             const std::vector<runlog::NamedTensor>& b) {
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      if (i >= a.size() || i >= b.size() || a[i].name != b[i].name) {
        return differ(step, of, i < a.size() ? a[i].name : "nothing", i < b.size() ? b[i].name : "nothing");
      }
      tensors(step, fmt::format("{}, {}", of, a[i].name), a[i].value, b[i].value);
    }
  }

  void weights(int64_t step, const std::string& of, const runlog::Weights& a, const runlog::Weights& b) {
    named(step, of, a.parameters, b.parameters);
    named(step, of, a.state, b.state);
  }

  template <typename T>
  void numbers(int64_t step, const std::string& of, const std::map<std::string, T>& a,
               const std::map<std::string, T>& b) {
    for (const auto& [name, value] : a) {
      const std::string what = fmt::format("{}, {}", of, name);
      const auto found = b.find(name);
      if (found == b.end()) {
        return differ(step, what, fmt::format("{}", value), "nothing");
      }
      values<T>(step, what, {}, {&value, 1}, {&found->second, 1});
    }
  }

  void checkpoint(const runlog::Checkpoint& a, const runlog::Checkpoint& b, bool with_counters = true,
                  bool with_slots = true) {
    weights(a.step, "the weights", a.weights, b.weights);
    if (with_slots) {
      named(a.step, "the optimizer's values", a.optimizer, b.optimizer);
    }
    if (with_counters) {
      numbers(a.step, "the counters", a.trainer.counters, b.trainer.counters);
      numbers(a.step, "the numbers", a.trainer.numbers, b.trainer.numbers);
    }
  }

  [[nodiscard]] Agreement& agreement() { return agreement_; }

 private:
  Agreement agreement_;
};

class LogComparison : Findings {
 public:
  LogComparison(const runlog::Reader& first, const runlog::Reader& second, const Steps& steps)
      : first_(first), second_(second), steps_(steps) {}

  Agreement run() {
    for (const runlog::Cadence& cadence : first_.description().cadences) {
      metrics(cadence);
    }
    for (const runlog::TensorSeries& series : first_.description().tensors) {
      const std::string what = "tensors/" + series.name;
      stacks(
          what, has(second_.description().tensors, series.name), runlog::Part::tensors,
          [&](const runlog::Reader& log) { return log.tensor_steps(series.name); },
          [&](int64_t step, int64_t a, int64_t b) {
            tensors(step, what, first_.tensor(series.name, a), second_.tensor(series.name, b));
          });
    }
    for (const runlog::SampleSeries& series : first_.description().samples) {
      stacks(
          "samples/" + series.name, has(second_.description().samples, series.name), runlog::Part::samples,
          [&](const runlog::Reader& log) { return log.sample_steps(series.name); },
          [&](int64_t step, int64_t a, int64_t b) { samples(step, series, a, b); });
    }
    only_in_second();
    checkpoints();
    best();
    final_weights();
    return std::move(agreement());
  }

 private:
  // Rows of tensors or samples. Where some were dropped of the first, those that it has left.
  template <typename StepsOf, typename Compare>
  void stacks(const std::string& what, bool in_second, runlog::Part part, StepsOf&& steps_of, Compare&& compare) {
    if (!in_second) {
      return differ(0, what, "rows", "none");
    }
    const std::vector<int64_t> first = steps_of(first_);
    const std::vector<int64_t> second = steps_of(second_);
    std::vector<int64_t> left = second;
    if (dropped(first_.slimmed(), part)) {
      std::erase_if(left, [&](int64_t step) { return !std::ranges::binary_search(first, step); });
    }
    rows(what, first, left,
         [&](int64_t step, int64_t a, int64_t) { compare(step, a, std::ranges::find(second, step) - second.begin()); });
  }

  void only_in_second() {
    const auto look = [&](const std::string& kind, const auto& first, const auto& second) {
      for (const auto& series : second) {
        if (!has(first, series.name)) {
          differ(0, kind + series.name, "none", "rows");
        }
      }
    };
    const runlog::RunDescription& first = first_.description();
    const runlog::RunDescription& second = second_.description();
    look("tensors/", first.tensors, second.tensors);
    look("samples/", first.samples, second.samples);
    look("metrics/", first.cadences, second.cadences);
    for (const runlog::Cadence& cadence : first.cadences) {
      const auto other = std::ranges::find(second.cadences, cadence.name, &runlog::Cadence::name);
      if (other != second.cadences.end()) {
        look("metrics/" + cadence.name + "/", cadence.metrics, other->metrics);
      }
    }
  }

  // Rows of the same steps, and steps that only one of them has.
  template <typename Compare>
  void rows(const std::string& what, const std::vector<int64_t>& a, const std::vector<int64_t>& b, Compare&& compare) {
    size_t i = rows_until(a, steps_.after), k = rows_until(b, steps_.after);
    while (i < a.size() || k < b.size()) {
      const int64_t left = i < a.size() ? a[i] : steps_.until + 1;
      const int64_t right = k < b.size() ? b[k] : steps_.until + 1;
      const int64_t step = std::min(left, right);
      if (step > steps_.until) {
        return;
      }
      if (left != right) {
        return differ(step, what, left == step ? "a row" : "none", right == step ? "a row" : "none");
      }
      compare(step, static_cast<int64_t>(i++), static_cast<int64_t>(k++));
    }
  }

  void metrics(const runlog::Cadence& cadence) {
    const std::string of = "metrics/" + cadence.name;
    bool epochs = true;
    for (const runlog::MetricColumn& metric : cadence.metrics) {
      const std::string what = of + "/" + metric.name;
      const auto& others = second_.description().cadences;
      const auto other = std::ranges::find(others, cadence.name, &runlog::Cadence::name);
      if (other == others.end() || !has(other->metrics, metric.name)) {
        differ(0, what, "rows", "none");
        continue;
      }
      const runlog::MetricSeries a = first_.metric(cadence.name, metric.name);
      const runlog::MetricSeries b = second_.metric(cadence.name, metric.name);
      rows(what, a.steps, b.steps, [&](int64_t step, int64_t i, int64_t k) {
        values<double>(step, what, {}, {&a.values[static_cast<size_t>(i)], 1}, {&b.values[static_cast<size_t>(k)], 1});
        if (epochs) {  // which all columns share
          values<double>(step, of + "/epoch", {}, {&a.epochs[static_cast<size_t>(i)], 1},
                         {&b.epochs[static_cast<size_t>(k)], 1});
        }
      });
      epochs = false;
    }
  }

  void samples(int64_t step, const runlog::SampleSeries& series, int64_t a, int64_t b) {
    const std::string what = "samples/" + series.name;
    if (series.kind == catalog::FieldKind::image || series.kind == catalog::FieldKind::image_sequence) {
      const runlog::Images x = first_.samples(series.name, a);
      const runlog::Images y = second_.samples(series.name, b);
      tensor::Shape shape{x.count, x.frames, x.height, x.width, x.channels};
      return values<uint8_t>(step, what, shape, x.pixels, y.pixels);
    }
    tensors(step, what, first_.sample_values(series.name, a), second_.sample_values(series.name, b));
    if (series.kind == catalog::FieldKind::tokens) {
      const std::vector<std::string> x = first_.sample_texts(series.name, a);
      const std::vector<std::string> y = second_.sample_texts(series.name, b);
      agreement().values += std::ssize(x);
      for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        if (x[i] != y[i]) {
          return differ(step, fmt::format("{}, text {}", what, i), catalog::quoted(x[i]), catalog::quoted(y[i]));
        }
      }
    }
  }

  void checkpoints() {
    for (const int64_t step : both_kept()) {
      compare_checkpoints(first_.kept_checkpoint(step), second_.kept_checkpoint(step), true);
      ++agreement().kept;
    }
    const auto a = first_.newest_checkpoint();
    const auto b = second_.newest_checkpoint();
    agreement().checkpoint = a && b && a->step == b->step;
    if (agreement().checkpoint) {
      compare_checkpoints(*a, *b, a->step <= steps_.until);
    }
  }

  void compare_checkpoints(const runlog::Checkpoint& a, const runlog::Checkpoint& b, bool with_counters) {
    checkpoint(a, b, with_counters, !dropped(first_.slimmed(), runlog::Part::optimizer_slots));
  }

  [[nodiscard]] std::vector<int64_t> both_kept() const {
    const std::vector<int64_t> second = second_.kept_steps();
    std::vector<int64_t> steps = first_.kept_steps();
    std::erase_if(steps, [&](int64_t step) {
      return (step <= steps_.after && step > 0) || step < steps_.after || step > steps_.until ||
             !std::ranges::binary_search(second, step);
    });
    return steps;
  }

  void best() {
    const auto a = first_.best();
    const auto b = second_.best();
    agreement().best = a && b && a->step == b->step;
    if (agreement().best) {
      values<double>(a->step, "the best value", {}, {&a->value, 1}, {&b->value, 1});
      weights(a->step, "the best weights", a->weights, b->weights);
    }
  }

  void final_weights() {
    const auto a = first_.final_result();
    const auto b = second_.final_result();
    agreement().final_weights = a && b && a->step == b->step;
    if (agreement().final_weights) {
      numbers(a->step, "the summary", a->summary, b->summary);
      weights(a->step, "the final weights", a->weights, b->weights);
    }
  }

  const runlog::Reader& first_;
  const runlog::Reader& second_;
  Steps steps_;
};

}  // namespace

Agreement agreement_of(const runlog::Reader& first, const runlog::Reader& second, const Steps& steps) {
  return LogComparison(first, second, steps).run();
}

std::optional<Divergence> divergence_of(int64_t step, const std::string& what, const tensor::Tensor& first,
                                        const tensor::Tensor& second) {
  Findings findings;
  findings.tensors(step, what, first, second);
  return findings.agreement().divergence;
}

std::optional<Divergence> divergence_of(const runlog::Checkpoint& first, const runlog::Checkpoint& second) {
  Findings findings;
  findings.checkpoint(first, second);
  return findings.agreement().divergence;
}

}  // namespace atelier::compare
