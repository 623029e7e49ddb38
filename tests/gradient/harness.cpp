#include "harness.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "ops/operations.hpp"

namespace atelier::gradient_test {
namespace {

using record::RawAttribute;
using record::TensorType;
using tensor::DType;

constexpr double difference = 1e-5;
constexpr double tolerance = 2e-6;  // of the size of the gradient, and at least of 1

Numbers values_of(const Input& input, uint32_t seed) {
  const auto n = static_cast<size_t>(input.shape.elements());
  Numbers places(n);
  std::iota(places.begin(), places.end(), 0.0);
  std::mt19937 engine(seed);
  std::shuffle(places.begin(), places.end(), engine);
  for (size_t i = 0; i < n; ++i) {
    if (input.bound > 0) {
      places[i] = static_cast<double>(engine() % static_cast<uint32_t>(input.bound));
    } else {  // no grid holds 0, nor a point of another grid
      places[i] = input.low + (input.high - input.low) * (places[i] + 0.3 + 0.07 * seed) / static_cast<double>(n);
    }
  }
  const size_t rank = input.shape.rank();
  for (size_t i = 0; input.diagonal != 0 && i < n; ++i) {
    const auto rows = static_cast<size_t>(input.shape[rank - 2]);
    const auto columns = static_cast<size_t>(input.shape[rank - 1]);
    places[i] += i % columns == i / columns % rows ? input.diagonal : 0;
  }
  return places;
}

std::vector<RawAttribute> raw(const record::Attributes& attributes) {
  std::vector<RawAttribute> out;
  for (const record::Attribute& attribute : attributes) {
    RawAttribute one{attribute.type, static_cast<uint32_t>(attribute.integers.size()), {}};
    if (attribute.type == record::AttributeType::integers) {
      one.integers = attribute.integers.data();
    } else {
      one.integer = attribute.scalar.constant.integer;
    }
    out.push_back(one);
  }
  return out;
}

Numbers numbers_of(const tensor::Tensor& tensor) {
  Numbers out(static_cast<size_t>(tensor.shape.elements()));
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = tensor.dtype == DType::f32   ? static_cast<double>(tensor.storage.as<float>()[i])
             : tensor.dtype == DType::f64 ? tensor.storage.as<double>()[i]
                                          : static_cast<double>(tensor.storage.as<int64_t>()[i]);
  }
  return out;
}

void rotate(Numbers& numbers, const tensor::Shape& shape, int64_t rows) {
  const int64_t length = shape.elements() / shape[0];
  std::ranges::rotate(numbers, numbers.end() - rows * length);
}

const record::Operation& operation(const std::string& name) {
  return record::OperationRegistry::instance().get(name);
}

}  // namespace

std::string to_string(const Case& checked) {
  std::string out = checked.operation;
  for (const Input& input : checked.inputs) {
    out += fmt::format(" {}", tensor::to_string(input.shape));
  }
  return out;
}

CaseRunner::CaseRunner(const Case& checked, DType real, int threads, const record::Observation& observation)
    : case_(checked),
      real_(real),
      observation_(observation),
      executor_(threads),
      session_(execute::Mode::train, real, bank_, executor_, arena_) {
  ops::register_operations();
  for (size_t i = 0; i < case_.inputs.size(); ++i) {
    data_.push_back(values_of(case_.inputs[i], static_cast<uint32_t>(i) + 1));
  }
}

void CaseRunner::rotate_rows(const std::vector<size_t>& inputs, int64_t by) {
  for (const size_t i : inputs) {
    rotate(data_[i], case_.inputs[i].shape, by);
  }
  rotation_ += by;
}

std::vector<size_t> CaseRunner::real_inputs() const {
  std::vector<size_t> out;
  for (size_t i = 0; i < case_.inputs.size(); ++i) {
    if (case_.inputs[i].bound == 0) {
      out.push_back(i);
    }
  }
  return out;
}

uint32_t CaseRunner::input(const TensorType& type, Numbers values) {
  tensor::Tensor data(type.shape, type.dtype);
  for (size_t i = 0; i < values.size(); ++i) {
    if (type.dtype == DType::f32) {
      data.storage.as<float>()[i] = static_cast<float>(values[i]);
    } else if (type.dtype == DType::f64) {
      data.storage.as<double>()[i] = values[i];
    } else {
      data.storage.as<int64_t>()[i] = static_cast<int64_t>(values[i]);
    }
  }
  return session_.constant(type, data.storage.data(), {});
}

uint32_t CaseRunner::apply(const std::string& name, const std::vector<uint32_t>& inputs,
                           const record::Attributes& attributes) {
  const std::vector<RawAttribute> given = raw(attributes);
  return session_.apply(operation(name), inputs, given, {"case.cpp", 1});
}

// The sum over all elements of cos(phase + index) times the element.
uint32_t CaseRunner::weighted_sum(const std::vector<uint32_t>& values, double phase, int64_t rotation) {
  uint32_t total = 0;
  for (size_t k = 0; k < values.size(); ++k) {
    const TensorType type{session_.type(values[k]).shape, real_};
    const uint32_t value = session_.type(values[k]).dtype == DType::i64 ? apply("cast/1", {values[k]}) : values[k];
    Numbers weights(static_cast<size_t>(type.shape.elements()));
    for (size_t i = 0; i < weights.size(); ++i) {
      weights[i] = std::cos(phase + static_cast<double>(i + 7 * k));
    }
    if (rotation != 0) {
      rotate(weights, type.shape, rotation);
    }
    const uint32_t sum = apply("sum/1", {apply("mul/1", {value, input(type, std::move(weights))})});
    total = k == 0 ? sum : apply("add/1", {total, sum});
  }
  return total;
}

CaseRunner::Recorded CaseRunner::record() {
  Recorded recorded;
  std::vector<uint32_t> leaves;
  std::vector<uint32_t> real_leaves;
  for (size_t i = 0; i < case_.inputs.size(); ++i) {
    const bool is_real = case_.inputs[i].bound == 0;
    leaves.push_back(input({case_.inputs[i].shape, is_real ? real_ : DType::i64}, data_[i]));
    if (is_real) {
      real_leaves.push_back(leaves.back());
    }
  }
  const uint32_t first = apply(case_.operation, leaves, case_.attributes);
  for (size_t k = 0; k < operation(case_.operation).outputs; ++k) {
    recorded.outputs.push_back(first + static_cast<uint32_t>(k));
  }
  recorded.loss = weighted_sum(recorded.outputs, 0.5, rotation_);
  const auto gradients_of = [&](uint32_t loss) {
    const uint32_t begin = session_.gradient(loss, real_leaves, {});
    std::vector<uint32_t> out(real_leaves.size());
    std::iota(out.begin(), out.end(), begin);
    return out;
  };
  recorded.gradients = gradients_of(recorded.loss);
  recorded.second_loss = weighted_sum(recorded.gradients, 1.5);
  if (case_.differentiable_twice) {
    recorded.second_gradients = gradients_of(recorded.second_loss);
  }
  return recorded;
}

Outcome CaseRunner::run(size_t moved_input, size_t element, double change) {
  const Numbers before = data_.empty() ? Numbers{} : data_[moved_input];
  if (change != 0) {
    data_[moved_input][element] += change;
  }
  session_.begin({.seed = 7, .purpose = 1, .step = 3, .first_row = 0}, observation_);
  const Recorded recorded = record();
  std::vector<uint32_t> requested = recorded.outputs;
  requested.insert(requested.end(), recorded.gradients.begin(), recorded.gradients.end());
  requested.insert(requested.end(), recorded.second_gradients.begin(), recorded.second_gradients.end());
  requested.push_back(recorded.loss);
  requested.push_back(recorded.second_loss);
  session_.end(requested);
  session_.start();
  const execute::StepResults& results = session_.wait();
  size_t next = 0;
  const auto take = [&](size_t count) {
    std::vector<Numbers> out;
    for (size_t i = 0; i < count; ++i) {
      out.push_back(numbers_of(*results.entries[next++].tensor));
    }
    return out;
  };
  Outcome outcome;
  outcome.outputs = take(recorded.outputs.size());
  outcome.gradients = take(recorded.gradients.size());
  outcome.second_gradients = take(recorded.second_gradients.size());
  outcome.loss = take(1)[0][0];
  outcome.second_loss = take(1)[0][0];
  if (change != 0) {
    data_[moved_input] = before;
  }
  return outcome;
}

std::vector<std::string> compare_with_central_differences(const Case& checked) {
  CaseRunner runner(checked, DType::f64);
  const std::vector<size_t> inputs = runner.real_inputs();
  if (std::ranges::all_of(inputs, [&](size_t i) { return checked.inputs[i].shape.elements() == 0; })) {
    return {
        fmt::format("{}: none of its inputs has a real number, so that no gradient is checked", to_string(checked))};
  }
  std::vector<std::string> problems;
  const Outcome outcome = runner.run();
  for (size_t k = 0; k < inputs.size(); ++k) {
    for (size_t i = 0; i < outcome.gradients[k].size(); ++i) {
      const Outcome above = runner.run(inputs[k], i, difference);
      const Outcome below = runner.run(inputs[k], i, -difference);
      const auto compare = [&](const char* what, double actual, double high, double low) {
        const double expected = (high - low) / (2 * difference);
        if (!(std::abs(expected - actual) <= tolerance * std::max(1.0, std::abs(expected)))) {
          problems.push_back(fmt::format("{}: {} of input {} {} at index {}: expected {:.9g}, got {:.9g}",
                                         checked.operation, what, inputs[k], to_string(checked.inputs[inputs[k]].shape),
                                         i, expected, actual));
        }
      };
      compare("gradient", outcome.gradients[k][i], above.loss, below.loss);
      if (checked.differentiable_twice) {
        compare("gradient of the gradient", outcome.second_gradients[k][i], above.second_loss, below.second_loss);
      }
    }
  }
  return problems;
}

}  // namespace atelier::gradient_test
