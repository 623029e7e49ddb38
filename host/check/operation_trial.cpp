#include "check/operation_trial.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "ops/operations.hpp"
#include "plugin/borrowed.hpp"

namespace atelier::check {
namespace {

using record::TensorType;
using tensor::DType;
using tensor::Shape;

const record::Operation& operation_named(const std::string& name) {
  ops::register_operations();
  return record::OperationRegistry::instance().get(name);
}

// A number in [0, 1) of an input's element; that of a sample does not depend on how many samples there are.
double number(size_t input, size_t element) {
  constexpr double golden = 0.618033988749895;  // its multiples are spread evenly, no two alike
  return std::fmod(0.3 + golden * static_cast<double>(element + 1) + 0.17 * static_cast<double>(input), 1.0);
}

Numbers values_of(const OperationInput& input, size_t place) {
  Numbers out(static_cast<size_t>(input.shape.elements()));
  for (size_t i = 0; i < out.size(); ++i) {
    const double value = input.low + (input.high - input.low) * number(place, i);
    out[i] = input.integers ? std::floor(value) : value;
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

// The shapes that are tried, without the axis of samples.
const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all{{6}, {}, {3, 5, 5}, {4, 4}, {3}, {2, 8, 8}, {4}, {4, 3, 3, 3}, {6, 6}};
  return all;
}

std::vector<OperationInput> operands_of(const plugin::Component& component) {
  const auto table = plugin::copy_of(static_cast<const atl_operation_v1*>(component.table), "the operation's table");
  std::vector<OperationInput> out;
  constexpr uint64_t most = 8;
  plugin::for_each(table.inputs, table.input_count, most, "input", [&](const atl_operand& operand) {
    out.push_back({operand.dtype == ATL_INT64, operand.how == ATL_SHARED, {}, 0, 0});
  });
  return out;
}

record::Attributes default_attributes(const record::Operation& operation) {
  record::Attributes out;
  for (const record::AttributeSpec& spec : operation.attributes) {
    if (spec.type == record::AttributeType::integers) {
      out.push_back(record::Attribute::of(spec.default_integers.value_or(std::vector<int64_t>())));
    } else if (spec.type == record::AttributeType::integer) {
      out.push_back(record::Attribute::of(static_cast<int64_t>(spec.default_number.value_or(0))));
    } else {
      out.push_back(record::Attribute::of(spec.default_number.value_or(0)));
    }
  }
  return out;
}

std::string problem_of(const record::Operation& operation, const std::vector<OperationInput>& inputs) {
  std::vector<TensorType> types;
  for (const OperationInput& input : inputs) {
    types.push_back({input.shape, input.integers ? DType::i64 : DType::f64});
  }
  try {
    const record::Attributes attributes = default_attributes(operation);
    operation.infer(record::Inference(types, attributes, DType::f64));
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

// The next choice of a shape for each input, as an odometer goes; false after the last.
bool turn(std::vector<size_t>& places) {
  for (size_t& place : places) {
    if (++place < shapes().size()) {
      return true;
    }
    place = 0;
  }
  return false;
}

}  // namespace

std::vector<OperationInput> find_inputs(const plugin::Component& component, int64_t samples) {
  const record::Operation& operation = operation_named(component.description.name);
  std::vector<OperationInput> inputs = operands_of(component);
  std::vector<size_t> places(inputs.size());
  std::string first;
  constexpr int most = 5000;
  for (int tried = 0; tried < most; ++tried) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i].shape = inputs[i].shared ? Shape() : Shape{samples};
      std::ranges::for_each(shapes()[places[i]].dims(), [&](int64_t length) { inputs[i].shape.append(length); });
    }
    const std::string problem = problem_of(operation, inputs);
    if (problem.empty()) {
      return inputs;
    }
    first = first.empty() ? problem : first;
    if (!turn(places)) {
      break;
    }
  }
  throw Error(ErrorKind::shape, "it takes none of the shapes that were tried, such as (samples, 6): {}", first);
}

OperationTrial::OperationTrial(const record::Operation& operation, std::vector<OperationInput> inputs, DType real,
                               int threads, bool with_gradients)
    : operation_(operation),
      inputs_(std::move(inputs)),
      real_(real),
      with_gradients_(with_gradients),
      executor_(threads),
      session_(execute::Mode::train, real, bank_, executor_, arena_) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    values_.push_back(values_of(inputs_[i], i));
  }
}

uint32_t OperationTrial::constant(const TensorType& type, const Numbers& values) {
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

uint32_t OperationTrial::apply(const char* name, std::initializer_list<uint32_t> inputs) {
  return session_.apply(operation_named(name), std::span(inputs.begin(), inputs.size()), {}, {"the check", 1});
}

// The sum over all real outputs' elements of cos(element) times the element.
uint32_t OperationTrial::loss_of(const std::vector<uint32_t>& outputs) {
  uint32_t total = 0;
  bool any = false;
  for (size_t k = 0; k < outputs.size(); ++k) {
    const TensorType type = session_.type(outputs[k]);
    if (type.dtype == DType::i64) {
      continue;
    }
    Numbers weights(static_cast<size_t>(type.shape.elements()));
    for (size_t i = 0; i < weights.size(); ++i) {
      weights[i] = std::cos(0.5 + static_cast<double>(i + 7 * k));
    }
    const uint32_t sum = apply("sum/1", {apply("mul/1", {outputs[k], constant(type, weights)})});
    total = any ? apply("add/1", {total, sum}) : sum;
    any = true;
  }
  return total;
}

OperationOutcome OperationTrial::run(size_t input, size_t element, double change) {
  std::vector<Numbers> values = values_;
  if (change != 0) {
    values[input][element] += change;
  }
  session_.begin({.seed = 1, .purpose = 1, .step = 1, .first_row = 0});
  std::vector<uint32_t> leaves, real_leaves;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    leaves.push_back(constant({inputs_[i].shape, inputs_[i].integers ? DType::i64 : real_}, values[i]));
    if (!inputs_[i].integers) {
      real_leaves.push_back(leaves.back());
    }
  }
  const uint32_t first = session_.apply(operation_, leaves, {}, {"the check", 1});
  std::vector<uint32_t> requested(operation_.outputs);
  std::iota(requested.begin(), requested.end(), first);
  const size_t outputs = requested.size();
  size_t gradients = 0;
  if (with_gradients_) {
    const uint32_t loss = loss_of(requested);
    const uint32_t begin = session_.gradient(loss, real_leaves, {"the check", 1});
    gradients = real_leaves.size();
    for (size_t i = 0; i < gradients; ++i) {
      requested.push_back(begin + static_cast<uint32_t>(i));
    }
    requested.push_back(loss);
  }
  session_.end(requested);
  session_.start();
  const execute::StepResults& results = session_.wait();
  OperationOutcome out;
  size_t next = 0;
  for (const execute::StepResult& result : results.entries) {
    if (result.kind != record::OutputKind::requested) {
      continue;
    }
    Numbers numbers = result.tensor == nullptr ? Numbers{result.value} : numbers_of(*result.tensor);
    if (next < outputs) {
      out.outputs.push_back(std::move(numbers));
    } else if (next < outputs + gradients) {
      out.gradients.push_back(std::move(numbers));
    } else {
      out.loss = numbers.front();
    }
    ++next;
  }
  return out;
}

}  // namespace atelier::check
