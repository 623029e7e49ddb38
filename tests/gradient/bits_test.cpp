// docs/architecture.md, "Equal bits": what must not change a bit of any operation's results and gradients.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/sha256.hpp"
#include "cases.hpp"
#include "kernels/isa.hpp"

namespace atelier::gradient_test {
namespace {

using tensor::DType;

// SHA-256 of every number of an outcome, in one order.
std::string hash_of(const Outcome& outcome) {
  Sha256 hash;
  hash.update(&outcome.loss, sizeof outcome.loss);
  hash.update(&outcome.second_loss, sizeof outcome.second_loss);
  for (const auto* group : {&outcome.outputs, &outcome.gradients, &outcome.second_gradients}) {
    for (const Numbers& numbers : *group) {
      hash.update(numbers.data(), numbers.size() * sizeof(double));
    }
  }
  return hash.digest();
}

void check_threads(const Case& checked, const std::string& expected) {
  for (const int threads : {2, 3, 8}) {
    CHECK_MESSAGE(hash_of(CaseRunner(checked, DType::f32, threads).run()) == expected, to_string(checked)
                                                                                           << " on " << threads);
  }
}

// Which rows of the second are not those of the first, `by` places later.
std::vector<size_t> moved_rows(const Numbers& first, const Numbers& second, size_t rows, size_t by) {
  std::vector<size_t> wrong;
  const size_t length = first.size() / rows;
  for (size_t row = 0; row < rows; ++row) {
    const double* before = first.data() + row * length;
    const double* after = second.data() + (row + by) % rows * length;
    if (std::memcmp(before, after, length * sizeof(double)) != 0) {
      wrong.push_back(row);
    }
  }
  return wrong;
}

void check_rows(const RowCase& checked, size_t by) {
  const auto rows = static_cast<size_t>(checked.operation.inputs[0].shape[0]);
  CaseRunner runner(checked.operation, DType::f32);
  const Outcome first = runner.run();
  runner.rotate_rows(checked.batched, static_cast<int64_t>(by));
  const Outcome second = runner.run();
  const auto compare = [&](const std::string& what, size_t number, const Numbers& before, const Numbers& after) {
    const std::vector<size_t> wrong = moved_rows(before, after, rows, by);
    CHECK_MESSAGE(wrong.empty(), to_string(checked.operation)
                                     << ", " << what << " " << number << ", moved by " << by << ": other bits in rows "
                                     << fmt::format("{}", fmt::join(wrong, " ")));
  };
  for (size_t k = 0; k < first.outputs.size(); ++k) {
    compare("output", k, first.outputs[k], second.outputs[k]);
  }
  const std::vector<size_t> inputs = runner.real_inputs();
  for (size_t k = 0; k < inputs.size(); ++k) {
    if (std::ranges::find(checked.batched, inputs[k]) != checked.batched.end()) {
      compare("gradient of input", inputs[k], first.gradients[k], second.gradients[k]);
    }
  }
}

}  // namespace

TEST_CASE("bits: neither fusion nor the number of threads changes any") {
  for (const Case& checked : all_cases()) {
    const std::string expected = hash_of(CaseRunner(checked, DType::f32).run());
    record::Observation unfused;
    unfused.every_value = true;
    CHECK_MESSAGE(hash_of(CaseRunner(checked, DType::f32, 1, unfused).run()) == expected, to_string(checked)
                                                                                              << " unfused");
    check_threads(checked, expected);
  }
}

TEST_CASE("bits: the number of threads changes none where the work is cut") {
  for (const Case& checked : large_cases()) {
    check_threads(checked, hash_of(CaseRunner(checked, DType::f32).run()));
  }
}

TEST_CASE("bits: a row has the same at every place of a batch") {
  if (!kernels::is_supported(kernels::Isa::avx512)) {
    MESSAGE("left out: without AVX-512 oneDNN rounds the last rows of a product in another way");
    return;
  }
  for (const RowCase& checked : row_cases()) {
    for (const size_t by : {1, 6}) {
      check_rows(checked, by);
    }
  }
}

}  // namespace atelier::gradient_test
