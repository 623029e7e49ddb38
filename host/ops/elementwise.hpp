// How functions of single elements are declared: by the name of their kernel, what they compute, and their gradient.
#pragma once

#include <string>
#include <string_view>

#include "ops/declare.hpp"

namespace atelier::ops {

Types infer_broadcast(const Inference& in);  // all inputs real

using UnaryGradient = Value (*)(Value x, Value y, Value g);             // y = f(x), g the gradient that arrives at y
using BinaryGradient = Values (*)(Value a, Value b, Value y, Value g);  // may have y's shape: they are summed there

// `formula` is the summary's, of x, or of a and b.
void add_unary(OperationRegistry& registry, std::string_view name, std::string_view formula, UnaryGradient gradient);
void add_binary(OperationRegistry& registry, std::string_view name, std::string_view formula, BinaryGradient gradient,
                std::string_view inputs = "a (...), b (...)");
// Constant wherever it is continuous.
void add_constant(OperationRegistry& registry, std::string_view name, std::string summary, size_t inputs = 1);

}  // namespace atelier::ops
