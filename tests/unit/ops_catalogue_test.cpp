// Summaries say of the operations' inputs and results what the registry says of them.
#include <doctest/doctest.h>

#include <algorithm>
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of libstdc++'s own, where a sanitizer watches
#endif
#include <regex>

#include "ops/operations.hpp"
#include "record/summary.hpp"

namespace atelier::ops::test {
namespace {

using record::Operation;
using record::OperationRegistry;

struct Tensors {
  size_t required = 0, optional = 0;
  bool any_number = false;
};

// "x (B, C), [bias (C)]": one that is required, and one that is not.
Tensors count(const std::string& list) {
  Tensors out;
  int parentheses = 0;
  bool optional = false;
  bool named = false;
  for (const char c : list + ",") {
    parentheses += c == '(' ? 1 : c == ')' ? -1 : 0;
    optional = c == '[' ? true : optional;
    named = named || (parentheses == 0 && c != ' ' && c != ',') || c == '(';
    if ((c == ',' || c == ']') && parentheses == 0 && named) {
      ++(optional ? out.optional : out.required);
      named = false;
    }
    if (c == ']') {
      optional = false;
      named = false;
    }
  }
  out.any_number = list.find("... ") < list.find('(');
  return out;
}

}  // namespace

TEST_CASE("catalogue: a summary names the axes of its results, where it names each") {
  register_operations();
  const auto axes = [](const char* name, size_t output) {
    return record::result_axes(OperationRegistry::instance().get(name), output);
  };
  CHECK(axes("conv2d/1", 0) == std::vector<std::string>{"B", "O", "H'", "W'"});
  CHECK(axes("conv2d/1", 1).empty());
  CHECK(axes("mean/1", 0).empty());
  CHECK(axes("add/1", 0).empty());
}

TEST_CASE("catalogue: summaries have as many inputs and results as their operations") {
  for (const Family& family : families()) {
    for (const std::string& name : family.operations) {
      INFO(name);
      const Operation& operation = OperationRegistry::instance().get(name);
      const std::string& summary = operation.summary;
      const size_t arrow = summary.find("-> ");
      const size_t colon = summary.find(": ");
      REQUIRE(arrow != std::string::npos);
      REQUIRE(colon != std::string::npos);
      REQUIRE(arrow < colon);
      CHECK(summary.size() > colon + 2);
      const Tensors inputs = count(summary.substr(0, arrow));
      CHECK(inputs.required == operation.min_inputs);
      CHECK((inputs.any_number || inputs.required + inputs.optional == operation.max_inputs));
      CHECK(count(summary.substr(arrow + 3, colon - arrow - 3)).required == operation.outputs);
    }
  }
}

TEST_CASE("catalogue: every public operation is in one family, has a version, and nothing that its texts are made of") {
  size_t listed = 0;
  for (const Family& family : families()) {
    listed += family.operations.size();
  }
  const std::vector<std::string> names = OperationRegistry::instance().public_names();
  CHECK(listed == names.size());
  CHECK(names.size() > 80);
  for (const std::string& name : names) {
    CHECK_MESSAGE(std::regex_match(name, std::regex("[a-z][a-z0-9_]*/[1-9][0-9]*")), name);
    CHECK_MESSAGE(OperationRegistry::instance().get(name).summary.find_first_of("\t\n") == std::string::npos, name);
  }
}

TEST_CASE("catalogue: what others are made of, and what the engine itself does, is internal") {
  register_operations();
  for (const auto* name : {"gemm/1", "reduce_sum/1", "convolution_weights/1", "lstm_sequence/1", "channels_last/1"}) {
    CHECK_MESSAGE(!OperationRegistry::instance().get(name).is_public(), name);
  }
}

}  // namespace atelier::ops::test
