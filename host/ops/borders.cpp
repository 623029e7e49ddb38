// Borders around a tensor: a number, or what lies inside, mirrored, held or gone on with. `low` and `high` are how many
// places before and after each axis.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/arrange.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// Where the borders' elements come from.
enum class Border : uint8_t { constant, reflect, replicate, circular };

// The axis of `length` with its borders. A length of 0 has only constant ones.
std::vector<Places> bordered(Border border, int64_t length, int64_t low, int64_t high) {
  const Places inside{.count = length};
  switch (border) {
    case Border::constant:
      return {filled(low), inside, filled(high)};
    case Border::reflect:
      return {{.first = low, .step = -1, .count = low}, inside, {.first = length - 2, .step = -1, .count = high}};
    case Border::replicate:
      return {{.first = 0, .step = 0, .count = low}, inside, {.first = length - 1, .step = 0, .count = high}};
    default:
      return {{.first = length - low, .count = low}, inside, {.first = 0, .count = high}};
  }
}

// How wide a border may be that is made of an axis of `length`.
int64_t widest(Border border, int64_t length) {
  constexpr int64_t any = int64_t{1} << 40U;
  switch (border) {
    case Border::constant:
      return any;
    case Border::reflect:
      return std::max<int64_t>(length - 1, 0);
    case Border::replicate:
      return length == 0 ? 0 : any;
    default:
      return length;
  }
}

Types infer_bordered(const Inference& in, Border border) {
  Shape out = in.shape(0);
  const Axes& low = in.integers(0);
  const Axes& high = in.integers(1);
  in.require(low.size() == out.rank() && high.size() == out.rank(),
             "got {} low and {} high borders for a tensor of {}, expected one of each for every axis", low.size(),
             high.size(), to_string(out));
  for (size_t axis = 0; axis < out.rank(); ++axis) {
    const int64_t most = widest(border, out[axis]);
    in.require(low[axis] >= 0 && high[axis] >= 0, "got the borders {} and {} of axis {}, expected at least 0",
               low[axis], high[axis], axis);
    in.require(std::max(low[axis], high[axis]) <= most,
               "got the borders {} and {} of axis {} of {}, expected at most {}, as they are made of what is inside",
               low[axis], high[axis], axis, to_string(in.shape(0)), most);
    out[axis] += low[axis] + high[axis];
  }
  return {{out, in.input(0).dtype}};
}

Operation bordering(std::string name, std::string summary, Border border) {
  Operation operation{.name = std::move(name), .summary = std::move(summary)};
  operation.attributes = {integers("low"), integers("high")};
  operation.infer = [border](const Inference& in) { return infer_bordered(in, border); };
  operation.composed = [border](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const double fill = border == Border::constant ? attributes[2].scalar.constant.real : 0;
    Value out = inputs[0];
    for (size_t axis = 0; axis < out.shape().rank(); ++axis) {
      const int64_t low = attributes[0].integers[axis];
      const int64_t high = attributes[1].integers[axis];
      if (low != 0 || high != 0) {
        out = arrange(out, static_cast<int64_t>(axis), bordered(border, out.shape()[axis], low, high), fill);
      }
    }
    return {out};
  };
  return operation;
}

}  // namespace

void register_borders(OperationRegistry& registry) {
  Operation constant =
      bordering("pad_constant/1",
                "x any (...) -> (...): with low[i] elements before and high[i] after axis i, all of them `value`",
                Border::constant);
  constant.attributes.push_back(number("value", 0));
  constant.infer = [](const Inference& in) -> Types {
    constexpr double most = 9007199254740992.0;  // 2^53, up to which a number is exact
    const double value = in.number(2);
    in.require(in.input(0).dtype != DType::i64 || (std::abs(value) <= most && std::floor(value) == value),
               "got a value of {} for {}, expected a whole number", value, to_string(in.input(0)));
    return infer_bordered(in, Border::constant);
  };
  registry.add(std::move(constant));
  registry.add(bordering("pad_reflect/1",
                         "x any (...) -> (...): with borders that mirror it, without its outermost elements; low[i] "
                         "before and high[i] after axis i",
                         Border::reflect));
  registry.add(bordering(
      "pad_replicate/1",
      "x any (...) -> (...): with its outermost elements again and again; low[i] before and high[i] after axis i",
      Border::replicate));
  registry.add(bordering("pad_circular/1",
                         "x any (...) -> (...): as a ring, before it what its end has, after it what its beginning "
                         "has; low[i] before and high[i] after axis i",
                         Border::circular));
}

}  // namespace atelier::ops
