// The words that operations are declared with.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "record/graph.hpp"

namespace atelier::ops {

using record::Attribute;
using record::Attributes;
using record::AttributeSpec;
using record::AttributeType;
using record::Differentiability;
using record::GradientRequest;
using record::Graph;
using record::Inference;
using record::KernelRequest;
using record::Operation;
using record::OperationRegistry;
using record::TensorType;
using record::Value;
using tensor::DType;
using tensor::Shape;

using Values = std::vector<Value>;
using Types = std::vector<TensorType>;
using Axes = std::vector<int64_t>;

inline AttributeSpec integer(std::string name) {
  return {std::move(name), AttributeType::integer};
}
inline AttributeSpec integer(std::string name, int64_t value) {
  return {std::move(name), AttributeType::integer, false, static_cast<double>(value)};
}
inline AttributeSpec number(std::string name) {
  return {std::move(name), AttributeType::number};
}
inline AttributeSpec number(std::string name, double value) {
  return {std::move(name), AttributeType::number, false, value};
}
inline AttributeSpec integers(std::string name) {
  return {std::move(name), AttributeType::integers};
}
inline AttributeSpec integers(std::string name, Axes values) {
  return {std::move(name), AttributeType::integers, false, {}, std::move(values)};
}
// May change from step to step without a new plan.
inline AttributeSpec runtime(AttributeSpec spec) {
  spec.runtime = true;
  return spec;
}
// Of an operation that draws: its last attribute, filled by the recorder.
inline AttributeSpec ordinal() {
  return runtime(integer("ordinal", 0));
}

inline Axes dims_of(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

// The place of an axis that was checked: negative ones count from the end.
inline size_t counted(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

// Of the lengths of axes [first, last).
inline int64_t product(const Shape& shape, size_t first, size_t last) {
  int64_t out = 1;
  for (size_t axis = first; axis < last; ++axis) {
    out *= shape[axis];
  }
  return out;
}

// What rules ask of lists. `name` is what the list is called in the error.
inline void require_list(const Inference& in, const char* name, const Axes& list, size_t length, int64_t least) {
  in.require(list.size() == length && std::ranges::all_of(list, [&](int64_t value) { return value >= least; }),
             "got a {} of [{}], expected {} integers of at least {}", name, fmt::join(list, ", "), length, least);
}
inline void require_size(const Inference& in, const Axes& size) {
  in.require(size.size() == 2 && size[0] >= 1 && size[1] >= 1,
             "got a size of [{}], expected rows and columns of at least 1", fmt::join(size, ", "));
}

// Of two lengths that an author gives.
inline int64_t product(const Inference& in, int64_t a, int64_t b) {
  int64_t out = 0;
  in.require(!__builtin_mul_overflow(a, b, &out), "got a length of {} times {}, which no tensor has", a, b);
  return out;
}

// NumPy's rule: axes are aligned at the end, and each pair is equal or has a 1. Absent where the shapes do not fit.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);
Shape broadcast(const Inference& in, const Shape& a, const Shape& b);  // throws Error(shape) instead

}  // namespace atelier::ops
