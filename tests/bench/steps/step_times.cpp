#include "step_times.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace atelier {
namespace {

std::string texts(const std::vector<std::string>& values) {
  return values.empty() ? "[]" : fmt::format(R"(["{}"])", fmt::join(values, R"(", ")"));
}

}  // namespace

void StepTimes::add(const training::StepProfile& profile) {
  if (operations_.empty()) {
    operations_ = profile.operations;
    seconds_.assign(operations_.size(), std::numeric_limits<double>::infinity());
  }
  if (!std::ranges::equal(operations_, profile.operations, {}, &training::ProfiledOperation::name,
                          &training::ProfiledOperation::name)) {
    throw Error(ErrorKind::usage, "the steps are not equal: expected the same operations in each");
  }
  std::vector<double> seconds(operations_.size());
  for (const training::ProfiledPiece& piece : profile.pieces) {
    seconds[piece.operation] += piece.end - piece.begin;
  }
  std::ranges::transform(seconds_, seconds, seconds_.begin(), [](double a, double b) { return std::min(a, b); });
}

std::string StepTimes::told() const {
  std::vector<std::string> out;
  for (size_t i = 0; i < operations_.size(); ++i) {
    const training::ProfiledOperation& operation = operations_[i];
    if (operation.activity == training::Activity::operation) {
      out.push_back(
          fmt::format(R"({{"name": "{}", "inputs": {}, "outputs": {}, "location": "{}", "flops": {}, "seconds": {}}})",
                      operation.name, texts(operation.inputs), texts(operation.outputs), operation.location,
                      operation.flops, seconds_[i]));
    }
  }
  return fmt::format("[{}]", fmt::join(out, ", "));
}

}  // namespace atelier
