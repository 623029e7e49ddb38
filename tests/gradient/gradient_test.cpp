#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "cases.hpp"
#include "ops/operations.hpp"

namespace atelier::gradient_test {
namespace {

using tensor::DType;

void check_all(const std::vector<Case>& cases) {
  for (const Case& checked : cases) {
    for (const std::string& problem : compare_with_central_differences(checked)) {
      FAIL_CHECK(problem);
    }
  }
}

// Every number of an outcome, in one order.
Numbers flat(const Outcome& outcome) {
  Numbers out{outcome.loss, outcome.second_loss};
  for (const auto* group : {&outcome.outputs, &outcome.gradients, &outcome.second_gradients}) {
    for (const Numbers& numbers : *group) {
      out.insert(out.end(), numbers.begin(), numbers.end());
    }
  }
  return out;
}

}  // namespace

TEST_CASE("elementwise: gradients agree with central differences") {
  check_all(elementwise_cases());
}
TEST_CASE("tensor: gradients agree with central differences") {
  check_all(tensor_cases());
}
TEST_CASE("rearranging: gradients agree with central differences") {
  check_all(rearranging_cases());
}
TEST_CASE("axes: gradients agree with central differences") {
  check_all(axes_cases());
}
TEST_CASE("products: gradients agree with central differences") {
  check_all(product_cases());
}
TEST_CASE("sampling: gradients agree with central differences") {
  check_all(sampling_cases());
}
TEST_CASE("layers: gradients agree with central differences") {
  check_all(layer_cases());
}

TEST_CASE("recurrent: gradients agree with central differences") {
  check_all(recurrent_cases());
}

TEST_CASE("images: gradients agree with central differences") {
  check_all(image_cases());
}

TEST_CASE("linear_algebra: gradients agree with central differences") {
  check_all(linear_algebra_cases());
}

TEST_CASE("coverage: every operation has a case or a reason") {
  ops::register_operations();
  std::set<std::string> known;
  for (const Case& checked : all_cases()) {
    known.insert(checked.operation);
  }
  for (const auto& [name, reason] : exempt()) {
    CHECK_MESSAGE(known.insert(name).second, name << " is exempt (" << reason << ") but has a case");
  }
  const std::vector<std::string> names = record::OperationRegistry::instance().names();
  for (const std::string& name : names) {
    const bool is_of_integers = name.ends_with("_integers/1");  // an operation's twin, which has no real input
    CHECK_MESSAGE((is_of_integers || known.contains(name)), name << " has no gradient check");
  }
  for (const std::string& name : known) {
    CHECK_MESSAGE(std::ranges::find(names, name) != names.end(), name << " is checked but does not exist");
  }
}

TEST_CASE("coverage: an operation that says that it has gradients of its gradients has them") {
  ops::register_operations();
  std::set<std::string> once;
  std::set<std::string> twice;
  for (const Case& checked : all_cases()) {
    (checked.differentiable_twice ? twice : once).insert(checked.operation);
  }
  for (const std::string& name : once) {
    const record::Operation& operation = record::OperationRegistry::instance().get(name);
    const bool says_once = operation.differentiability == record::Differentiability::once;
    CHECK_MESSAGE(says_once != twice.contains(name), name);
  }
  for (const std::string& name : twice) {
    const record::Operation& operation = record::OperationRegistry::instance().get(name);
    CHECK_MESSAGE(operation.differentiability != record::Differentiability::once, name);
  }
}

TEST_CASE("harness: detach stops the gradient, and the check would notice") {
  const Case checked{"detach/1", {{{2, 2}}}};
  CHECK(CaseRunner(checked, DType::f64).run().gradients[0] == Numbers(4, 0.0));
  const std::vector<std::string> problems = compare_with_central_differences(checked);
  REQUIRE(problems.size() == 4);
  CHECK(problems[1] == "detach/1: gradient of input 0 (2, 2) at index 1: expected 0.0707372017, got 0");
}

TEST_CASE("harness: a case that has no gradient to check fails") {
  const auto problems = [](const Case& checked) {
    return fmt::format("{}", fmt::join(compare_with_central_differences(checked), "\n"));
  };
  const std::string none = ": none of its inputs has a real number, so that no gradient is checked";
  CHECK(problems({"one_hot/1", {indices({3}, 4)}, {record::Attribute::of(int64_t{4})}}) == "one_hot/1 (3)" + none);
  CHECK(problems({"neg/1", {{{0, 2}}}}) == "neg/1 (0, 2)" + none);
  CHECK(problems({"scalar/1", {}, {record::Attribute::of(1.5)}}) == "scalar/1" + none);
  CHECK(problems({"add/1", {{{0, 2}}, {{2}}}}).empty());  // one input has real numbers
}

TEST_CASE("twins: float32 agrees with float64") {
  for (const Case& checked : all_cases()) {
    const Numbers expected = flat(CaseRunner(checked, DType::f64).run());
    const Numbers actual = flat(CaseRunner(checked, DType::f32).run());
    REQUIRE(expected.size() == actual.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      const bool close = std::abs(expected[i] - actual[i]) <= 3e-5 * std::max(4.0, std::abs(expected[i]));
      CHECK_MESSAGE(close, to_string(checked)
                               << " number " << i << ": expected " << expected[i] << ", got " << actual[i]);
    }
  }
}

TEST_CASE("plans: a case is planned once however often it runs") {
  CaseRunner runner({"mul/1", {{{2, 3}}, {{3}}}}, DType::f64);
  for (size_t i = 0; i < 3; ++i) {
    runner.run(1, i, 0.5);
  }
  CHECK(runner.plans_made() == 1);
}

}  // namespace atelier::gradient_test
