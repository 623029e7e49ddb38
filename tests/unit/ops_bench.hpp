// A session with its bank, in tests: operations by their short names, values as vectors of doubles.
#pragma once

#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "execute/session.hpp"
#include "ops/operations.hpp"

namespace atelier::ops::test {

using execute::Mode;
using tensor::DType;
using tensor::Shape;

using Numbers = std::vector<double>;
using List = std::vector<int64_t>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Given {  // an attribute, by the type that it is written with
  Given(int value) : attribute(record::Attribute::of(static_cast<int64_t>(value))) {}
  Given(double value) : attribute(record::Attribute::of(value)) {}
  Given(std::vector<int64_t> values) : attribute(record::Attribute::of(std::move(values))) {}
  record::Attribute attribute;
};

// p <- p - rate * gradient; the rate is what begin_update puts into the scalars.
class Descent : public record::UpdateRule {
 public:
  [[nodiscard]] const std::vector<std::string>& slots() const override { return none_; }
  void begin_update(int64_t, double learning_rate, double* scalars) override { scalars[0] = learning_rate; }
  void update(const double* scalars, const double*, uint64_t count, DType real, void* parameter, const void* gradient,
              void* const*) const override {
    const auto descend = [&]<typename Real>(Real* p, const Real* g) {
      for (uint64_t i = 0; i < count; ++i) {
        p[i] -= static_cast<Real>(scalars[0]) * g[i];
      }
    };
    if (real == DType::f32) {
      descend(static_cast<float*>(parameter), static_cast<const float*>(gradient));
    } else {
      descend(static_cast<double*>(parameter), static_cast<const double*>(gradient));
    }
  }

 private:
  std::vector<std::string> none_;
};

class Bench {
 public:
  explicit Bench(Mode mode = Mode::evaluate, DType real = DType::f32, int threads = 1,
                 kernels::Precision precision = kernels::Precision::float32, size_t shards = 1, Ranks* ranks = nullptr)
      : real_(real), executor_(threads), session_(mode, real, bank_, executor_, arena_, precision, shards, ranks) {
    register_operations();
  }

  // A parameter of a group of that number, or state where it is -1. Before the first recording.
  uint32_t parameter(const Shape& shape, const Numbers& values, int32_t group = -1) {
    auto made = std::make_unique<record::Parameter>();
    made->name = fmt::format("p{}", bank_.parameters.size());
    made->group = group;
    made->value = tensor_of({shape, real_}, values);
    const auto index = static_cast<uint32_t>(bank_.parameters.size());
    bank_.parameters.push_back(std::move(made));
    if (group >= 0) {
      if (bank_.groups.size() <= static_cast<size_t>(group)) {
        bank_.groups.resize(static_cast<size_t>(group) + 1);
      }
      bank_.groups[static_cast<size_t>(group)].name = fmt::format("g{}", group);
      bank_.groups[static_cast<size_t>(group)].members.push_back(index);
      bank_.groups[static_cast<size_t>(group)].rule = &rule_;
    }
    return index;
  }
  Numbers value(uint32_t parameter_index) const { return numbers_of(bank_.parameters[parameter_index]->value); }
  record::ParameterGroup& group(size_t index) { return bank_.groups[index]; }

  void begin(int64_t step = 0, int64_t first_row = 0, uint64_t seed = 7, const record::Observation& observation = {}) {
    session_.begin({.seed = seed, .purpose = 1, .step = step, .first_row = first_row}, observation);
  }
  uint32_t input(const Shape& shape, const Numbers& values) { return leaf({shape, real_}, values); }
  // Values of the batch: of as many elements as the shape has in each shard. Borrowed until the step is done.
  uint32_t batch(const Shape& shape, const tensor::Tensor& values) {
    return session_.input({shape, values.dtype}, values.storage.data(), {});
  }
  uint32_t indices(const Shape& shape, const Numbers& values) { return leaf({shape, DType::i64}, values); }
  uint32_t use(uint32_t parameter_index) { return session_.use(parameter_index); }

  uint32_t apply(const std::string& name, const std::vector<uint32_t>& inputs, const std::vector<Given>& given = {}) {
    std::vector<record::RawAttribute> raw;
    for (const Given& one : given) {
      record::RawAttribute attribute{one.attribute.type, static_cast<uint32_t>(one.attribute.integers.size()), {}};
      if (one.attribute.type == record::AttributeType::integers) {
        attribute.integers = one.attribute.integers.data();
      } else {
        attribute.integer = one.attribute.scalar.constant.integer;
      }
      raw.push_back(attribute);
    }
    const std::string versioned = name.find('/') == std::string::npos ? name + "/1" : name;
    return session_.apply(record::OperationRegistry::instance().get(versioned), inputs, raw, {"model.cpp", 12});
  }
  std::vector<uint32_t> gradient(uint32_t output, const std::vector<uint32_t>& inputs) {
    const uint32_t first = session_.gradient(output, inputs, {"model.cpp", 13});
    std::vector<uint32_t> out;
    for (uint32_t i = 0; i < inputs.size(); ++i) {
      out.push_back(first + i);
    }
    return out;
  }
  void minimize(size_t group_index, uint32_t loss, double rate) {
    double scalars[record::UpdateRule::max_scalars] = {rate};
    session_.minimize(group_index, loss, scalars, {"model.cpp", 14});
  }
  void assign(uint32_t parameter_index, uint32_t value_index) {
    session_.assign(parameter_index, value_index, {"model.cpp", 15});
  }
  void log(const std::string& name, uint32_t value_index) {
    session_.log(name, value_index, nullptr, {"model.cpp", 16});
  }

  // Ends the recording, runs it, and gives the requested values.
  std::vector<Numbers> run(const std::vector<uint32_t>& requested = {}) {
    session_.end(requested);
    session_.start();
    const execute::StepResults& results = session_.wait();
    std::vector<Numbers> out;
    logged_.clear();
    for (const execute::StepResult& entry : results.entries) {
      if (entry.kind == record::OutputKind::requested) {
        out.push_back(numbers_of(*entry.tensor));
      } else if (entry.kind == record::OutputKind::logged) {
        logged_.push_back(entry.value);
      }
    }
    return out;
  }
  [[nodiscard]] const Numbers& logged() const { return logged_; }
  execute::Session& session() { return session_; }
  record::Bank& bank() { return bank_; }

  [[nodiscard]] DType real() const { return real_; }
  static Numbers numbers_of(const tensor::Tensor& tensor) {
    Numbers out(static_cast<size_t>(tensor.shape.elements()));
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = tensor.dtype == DType::f32   ? static_cast<double>(tensor.storage.as<float>()[i])
               : tensor.dtype == DType::f64 ? tensor.storage.as<double>()[i]
                                            : static_cast<double>(tensor.storage.as<int64_t>()[i]);
    }
    return out;
  }

  static tensor::Tensor tensor_of(const record::TensorType& type, const Numbers& values) {
    tensor::Tensor tensor(type.shape, type.dtype);
    for (size_t i = 0; i < values.size(); ++i) {
      if (type.dtype == DType::f32) {
        tensor.storage.as<float>()[i] = static_cast<float>(values[i]);
      } else if (type.dtype == DType::f64) {
        tensor.storage.as<double>()[i] = values[i];
      } else {
        tensor.storage.as<int64_t>()[i] = static_cast<int64_t>(values[i]);
      }
    }
    return tensor;
  }

 private:
  uint32_t leaf(const record::TensorType& type, const Numbers& values) {
    return session_.constant(type, tensor_of(type, values).storage.data(), {});
  }

  DType real_;
  Descent rule_;
  record::Bank bank_;
  execute::Executor executor_;
  execute::Arena arena_;
  execute::Session session_;
  Numbers logged_;
};

inline uint32_t mean(Bench& bench, uint32_t x) {  // of all elements
  return bench.apply("mean", {x}, {List{}});
}

// x, x + step, ...
inline Numbers ramp(size_t n, double first = 0, double step = 1) {
  Numbers out(n);
  for (size_t i = 0; i < n; ++i) {
    out[i] = first + step * static_cast<double>(i);
  }
  return out;
}

}  // namespace atelier::ops::test
