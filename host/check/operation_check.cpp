#include "check/operation_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "check/operation_trial.hpp"

namespace atelier::check {
namespace {

using tensor::DType;

constexpr int64_t few = 5, many = 40;  // samples: so many that a call is given several of them

struct Subject {
  const record::Operation* operation = nullptr;
  std::string name;
  bool differentiable = false;
  std::vector<OperationInput> few_inputs, many_inputs;
};

bool finite(const std::vector<Numbers>& all) {
  return std::ranges::all_of(all, [](const Numbers& numbers) {
    return std::ranges::all_of(numbers, [](double value) { return std::isfinite(value); });
  });
}

// The first range of values for which all is finite.
std::string find_range(Subject& subject) {
  struct Range {
    double low, high;
  };
  for (const auto& [low, high] : {Range{-2, 2}, Range{0.1, 0.9}, Range{1, 3}}) {
    for (std::vector<OperationInput>* inputs : {&subject.few_inputs, &subject.many_inputs}) {
      for (OperationInput& input : *inputs) {
        input.low = input.integers ? 0 : low;
        input.high = input.integers ? 3 : high;
      }
    }
    OperationTrial trial(*subject.operation, subject.few_inputs, DType::f64, 1, subject.differentiable);
    const OperationOutcome outcome = trial.run();
    if (finite(outcome.outputs) && finite(outcome.gradients)) {
      std::vector<std::string> shapes;
      std::ranges::transform(subject.few_inputs, std::back_inserter(shapes),
                             [](const OperationInput& input) { return tensor::to_string(input.shape); });
      return fmt::format("on {}, values from {} to {}", fmt::join(shapes, ", "), low, high);
    }
  }
  throw Error(ErrorKind::numeric,
              "its results or gradients are not finite for values from -2 to 2, 0.1 to 0.9 or 1 to 3; hint: forward "
              "writes every element of its outputs, gradient every element of its inputs' gradients");
}

std::string runs(const Workplace& workplace, Subject& subject) {
  const plugin::Component& component = workplace.registry.get(catalog::Kind::operation, subject.name);
  subject.operation = &record::OperationRegistry::instance().get(subject.name);
  subject.differentiable = subject.operation->differentiability != record::Differentiability::unsupported;
  subject.few_inputs = find_inputs(component, few);
  subject.many_inputs = find_inputs(component, many);
  return find_range(subject);
}

std::string central_differences(const Subject& subject) {
  if (!subject.differentiable) {
    throw NotRun("it says that it has none");
  }
  constexpr double step = 1e-5, tolerance = 2e-6;  // as for the program's own operations, in tests/gradient
  OperationTrial trial(*subject.operation, subject.few_inputs, DType::f64, 1, true);
  const OperationOutcome at = trial.run();
  size_t k = 0, compared = 0;
  for (size_t i = 0; i < subject.few_inputs.size(); ++i) {
    if (subject.few_inputs[i].integers) {
      continue;
    }
    for (size_t e = 0; e < at.gradients[k].size(); ++e, ++compared) {
      const double expected = (trial.run(i, e, step).loss - trial.run(i, e, -step).loss) / (2 * step);
      const double got = at.gradients[k][e];
      if (!(std::abs(got - expected) <= tolerance * std::max(1.0, std::abs(expected)))) {
        throw Error(ErrorKind::numeric,
                    "the gradient towards input {} {} is {:.9g} at element {}, central differences say {:.9g}", i,
                    tensor::to_string(subject.few_inputs[i].shape), got, e, expected);
      }
    }
    ++k;
  }
  return fmt::format("{} elements agree with central differences", compared);
}

void require_near(const std::vector<Numbers>& narrow, const std::vector<Numbers>& wide, const char* what) {
  constexpr double tolerance = 1e-4;
  for (size_t k = 0; k < narrow.size(); ++k) {
    double size = 1;
    std::ranges::for_each(wide[k], [&](double value) { size = std::max(size, std::abs(value)); });
    for (size_t i = 0; i < narrow[k].size(); ++i) {
      if (!(std::abs(narrow[k][i] - wide[k][i]) <= tolerance * size)) {
        throw Error(ErrorKind::numeric,
                    "{} {} is {:.9g} in float32 and {:.9g} in float64 at element {}; hint: write the operation as a "
                    "template of the element's type",
                    what, k, narrow[k][i], wide[k][i], i);
      }
    }
  }
}

std::string both_precisions(const Subject& subject) {
  OperationTrial narrow(*subject.operation, subject.few_inputs, DType::f32, 1, subject.differentiable);
  OperationTrial wide(*subject.operation, subject.few_inputs, DType::f64, 1, subject.differentiable);
  const OperationOutcome a = narrow.run(), b = wide.run();
  require_near(a.outputs, b.outputs, "output");
  require_near(a.gradients, b.gradients, "the gradient towards real input");
  return "float32 is near float64";
}

// Samples of few are those of many, bit for bit.
void require_same_rows(const std::vector<Numbers>& fewer, const std::vector<Numbers>& more, const char* what) {
  for (size_t k = 0; k < fewer.size(); ++k) {
    for (size_t i = 0; i < fewer[k].size(); ++i) {
      if (fewer[k][i] != more[k][i]) {
        throw Error(ErrorKind::numeric,
                    "{} {} of a sample is another one at element {} where more samples stand beside it; hint: a call "
                    "is given some of the samples, so nothing may depend on which and how many",
                    what, k, i);
      }
    }
  }
}

std::string cut_otherwise(const Subject& subject) {
  OperationTrial some(*subject.operation, subject.few_inputs, DType::f32, 1, subject.differentiable);
  OperationTrial all(*subject.operation, subject.many_inputs, DType::f32, 1, subject.differentiable);
  OperationTrial parallel(*subject.operation, subject.many_inputs, DType::f32, 2, subject.differentiable);
  const OperationOutcome a = some.run(), b = all.run(), c = parallel.run();
  if (b.outputs != c.outputs || b.gradients != c.gradients) {
    throw Error(ErrorKind::numeric,
                "on one thread and on two its results differ; hint: it is called from many threads at once, so nothing "
                "that it writes to may be shared");
  }
  if (std::ranges::none_of(subject.few_inputs, [](const OperationInput& input) { return !input.shared; })) {
    return "it has no samples; its results are the same on one thread and on two";
  }
  require_same_rows(a.outputs, b.outputs, "output");
  std::vector<Numbers> fewer, more;  // the gradient towards a shared input is a sum over samples
  size_t k = 0;
  for (const OperationInput& input : subject.few_inputs) {
    if (!input.integers && k < a.gradients.size()) {
      if (!input.shared) {
        fewer.push_back(a.gradients[k]);
        more.push_back(b.gradients[k]);
      }
      ++k;
    }
  }
  require_same_rows(fewer, more, "the gradient towards per-sample input");
  return fmt::format("a sample of {} is that of {}, on one thread and on two", few, many);
}

}  // namespace

void check_operation(Report& report, const Workplace& workplace, const catalog::Description& description) {
  Subject subject;
  subject.name = description.name;
  if (!report.run("runs", [&] { return runs(workplace, subject); })) {
    return;
  }
  report.run("gradient", [&] { return central_differences(subject); });
  report.run("float64", [&] { return both_precisions(subject); });
  report.run("samples apart", [&] { return cut_otherwise(subject); });
}

}  // namespace atelier::check
