#include "check/optimizer_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>

#include "base/error.hpp"
#include "check/recording_check.hpp"
#include "training/optimizer.hpp"

namespace atelier::check {
namespace {

using record::UpdateRule;
using training::Optimizer;
using Scalars = std::array<double, UpdateRule::max_scalars>;

constexpr size_t elements = 67;
constexpr int64_t updates = 5;

// Parameters as models have them: each of another shape and name.
void add_parameters(record::Bank& bank) {
  bank.groups.push_back({"all", {}});
  const auto add = [&](const char* name, const tensor::Shape& shape) {
    auto parameter = std::make_unique<record::Parameter>();
    parameter->name = name;
    parameter->group = 0;
    parameter->value = tensor::Tensor(shape, tensor::DType::f32);
    bank.groups[0].members.push_back(static_cast<uint32_t>(bank.parameters.size()));
    bank.parameters.push_back(std::move(parameter));
  };
  add("all.weight", {8, 5});
  add("all.bias", {8});
  add("all.kernel", {4, 3, 3, 3});
  add("all.scale", {});
}

// What an optimizer works on, in one precision.
template <typename Real>
struct Block {
  std::vector<Real> parameter;
  std::vector<std::vector<Real>> slots;

  explicit Block(const Optimizer& optimizer) : parameter(elements) {
    for (size_t i = 0; i < elements; ++i) {
      parameter[i] = static_cast<Real>(static_cast<float>(std::sin(1.0 + static_cast<double>(i))));
    }
    slots.assign(optimizer.slots().size(), std::vector<Real>(elements));
  }

  // Updates the elements from `first` on with the gradient of update t.
  void update(const Optimizer& optimizer, const Scalars& scalars, const double* constants, int64_t t, size_t first,
              size_t count, double scale = 1) {
    std::vector<Real> gradient(count);
    for (size_t i = 0; i < count; ++i) {
      const double place = static_cast<double>((first + i) * 3 + static_cast<size_t>(t) * 11);
      gradient[i] = static_cast<Real>(static_cast<float>(scale * std::cos(place)));
    }
    std::array<void*, UpdateRule::max_slots + 1> kept{};
    for (size_t s = 0; s < slots.size(); ++s) {
      kept[s] = slots[s].data() + first;
    }
    constexpr tensor::DType dtype = sizeof(Real) == sizeof(float) ? tensor::DType::f32 : tensor::DType::f64;
    optimizer.update(scalars.data(), constants, count, dtype, parameter.data() + first, gradient.data(), kept.data());
    optimizer.check();
  }
  friend bool operator==(const Block& a, const Block& b) {
    const auto bits = [](const std::vector<Real>& x, const std::vector<Real>& y) {
      return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                        [](Real u, Real v) { return u == v || (std::isnan(u) && std::isnan(v)); });
    };
    return bits(a.parameter, b.parameter) && std::ranges::equal(a.slots, b.slots, bits);
  }
};

class Bench {
 public:
  Bench(const Workplace& workplace, const experiment::Experiment& experiment)
      : optimizer_(workplace.registry, experiment.optimizer),
        rate_(std::get<double>(experiment.optimizer.settings.at("learning_rate"))) {
    add_parameters(bank_);
    optimizer_.prepare(bank_, 0);
  }
  [[nodiscard]] const Optimizer& optimizer() const { return optimizer_; }
  [[nodiscard]] double rate() const { return rate_; }
  [[nodiscard]] const double* constants() const { return bank_.parameters.front()->constants.data(); }
  [[nodiscard]] const record::Bank& bank() const { return bank_; }
  Scalars begin(int64_t t) {
    Scalars scalars{};
    optimizer_.begin_update(t, rate_, scalars.data());
    return scalars;
  }
  // All updates, in blocks of this length.
  template <typename Real>
  Block<Real> train(size_t block, double scale = 1) {
    Block<Real> out(optimizer_);
    for (int64_t t = 1; t <= updates; ++t) {
      const Scalars scalars = begin(t);
      for (size_t first = 0; first < elements; first += block) {
        out.update(optimizer_, scalars, constants(), t, first, std::min(block, elements - first), scale);
      }
    }
    return out;
  }

 private:
  Optimizer optimizer_;
  double rate_;
  record::Bank bank_;
};

std::string prepared(const Workplace& workplace, const experiment::Experiment& experiment) {
  Bench one(workplace, experiment), other(workplace, experiment);
  other.begin(1);
  record::Bank again;
  add_parameters(again);
  other.optimizer().prepare(again, 0);
  for (size_t p = 0; p < again.parameters.size(); ++p) {
    const record::Parameter& parameter = *one.bank().parameters[p];
    if (parameter.constants != again.parameters[p]->constants) {
      throw Error(ErrorKind::plugin,
                  "prepare gives other constants for the parameter '{}' when it is asked again; hint: they are a "
                  "function of the parameter's name, group and shape and of the settings",
                  parameter.name);
    }
    if (!std::ranges::all_of(parameter.constants, [](double value) { return std::isfinite(value); })) {
      throw Error(ErrorKind::plugin, "prepare gives a constant that is not finite for the parameter '{}'",
                  parameter.name);
    }
  }
  return fmt::format("for {} parameters", again.parameters.size());
}

template <typename Real>
double largest_change(const Block<Real>& from, const Block<Real>& to) {
  double most = 0;
  for (size_t i = 0; i < elements; ++i) {
    most = std::max(most, std::abs(static_cast<double>(to.parameter[i]) - static_cast<double>(from.parameter[i])));
  }
  return most;
}

// Of an optimizer that changes nothing all else would hold, too.
std::string moves(const Workplace& workplace, const experiment::Experiment& experiment) {
  Bench bench(workplace, experiment);
  const double most = largest_change(Block<float>(bench.optimizer()), bench.train<float>(elements));
  if (most > 0) {
    return fmt::format("the largest change of {} updates is {:.3g}, at a learning rate of {}", updates, most,
                       bench.rate());
  }
  if (bench.rate() == 0) {
    throw NotRun("its learning rate is 0; hint: give one with --set");
  }
  throw Error(ErrorKind::plugin, "{} updates at a learning rate of {} change nothing", updates, bench.rate());
}

// begin_update is called for the next update while this one runs.
std::string begun_ahead(const Workplace& workplace, const experiment::Experiment& experiment) {
  Bench bench(workplace, experiment), ahead(workplace, experiment);
  const Block<float> expected = bench.train<float>(elements);
  Block<float> got(ahead.optimizer());
  Scalars next = ahead.begin(1);
  for (int64_t t = 1; t <= updates; ++t) {
    const Scalars now = next;
    next = ahead.begin(t + 1);
    got.update(ahead.optimizer(), now, ahead.constants(), t, 0, elements);
  }
  if (!(got == expected)) {
    throw Error(ErrorKind::plugin,
                "an update is another one where begin_update has been called for the next; hint: that happens while an "
                "update runs, so `update` uses its scalars and slots, and no member that begin_update changes");
  }
  return "the next update may begin while one runs";
}

std::string cut_otherwise(const Workplace& workplace, const experiment::Experiment& experiment) {
  Bench bench(workplace, experiment);
  const Block<float> expected = bench.train<float>(elements);
  for (const size_t block : {size_t{1}, size_t{16}, size_t{33}}) {
    Bench other(workplace, experiment);
    if (!(other.train<float>(block) == expected)) {
      throw Error(ErrorKind::plugin,
                  "in blocks of {} elements the parameter becomes another one than in one of {}; hint: an update is "
                  "elementwise: no element may depend on others, on its place in the block or on how many there are",
                  block, elements);
    }
  }
  return "the same bits in blocks of 1, 16, 33 and 67 elements";
}

std::string in_double(const Workplace& workplace, const experiment::Experiment& experiment) {
  Bench single(workplace, experiment), wide(workplace, experiment);
  const Block<float> start(single.optimizer());
  const Block<float> narrow = single.train<float>(elements);
  Block<double> precise(wide.optimizer());
  try {
    precise = wide.train<double>(elements);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unsupported) {
      throw NotRun(error.what());
    }
    throw;
  }
  const double most = largest_change(Block<double>(wide.optimizer()), precise);
  constexpr double rounding = 1e-6, share = 1e-3;  // of a few additions in float32; and of the change itself
  for (size_t i = 0; i < elements; ++i) {
    const double error = std::abs(precise.parameter[i] - static_cast<double>(narrow.parameter[i]));
    if (!(error <= share * most + rounding)) {
      throw Error(ErrorKind::plugin,
                  "after {} updates an element is {} in float32 and {} in float64, it began as {}; hint: the two are "
                  "one formula: write it once, as a template",
                  updates, narrow.parameter[i], precise.parameter[i], start.parameter[i]);
    }
  }
  return "float32 is near float64";
}

std::string finite(const Workplace& workplace, const experiment::Experiment& experiment) {
  for (const double scale : {0.0, 1e-20, 1e3}) {
    Bench bench(workplace, experiment);
    const Block<float> got = bench.train<float>(elements, scale);
    if (!std::ranges::all_of(got.parameter, [](float value) { return std::isfinite(value); })) {
      throw Error(ErrorKind::plugin,
                  "gradients of size {} give a parameter that is not finite; hint: a small number in a denominator, "
                  "and no root of what may be negative",
                  scale);
    }
  }
  return "for gradients of size 0, 1e-20 and 1000";
}

}  // namespace

void check_optimizer(Report& report, const Workplace& workplace, const catalog::Description& description) {
  const bool recorded = workplace.registry.get(catalog::Kind::optimizer, description.name).recorded;
  Tables tables;
  tables.dataset = kinds_of_data().front().lines;
  tables.model = "use = \"check-parameters\"\n";
  const bool made = report.run("is made", [&] {
    tables.optimizer = lines_of(workplace, description);
    const experiment::Experiment experiment = experiment_of(workplace, tables);
    if (recorded) {
      return std::string("one that records its updates");
    }
    const Optimizer optimizer(workplace.registry, experiment.optimizer);
    return fmt::format("elementwise, keeps {} arrays beside each parameter", optimizer.slots().size());
  });
  if (!made) {
    return;
  }
  if (!recorded) {
    const experiment::Experiment experiment = experiment_of(workplace, tables);
    report.run("prepares", [&] { return prepared(workplace, experiment); });
    if (report.run("moves", [&] { return moves(workplace, experiment); })) {
      report.run("begins ahead", [&] { return begun_ahead(workplace, experiment); });
      report.run("blocks", [&] { return cut_otherwise(workplace, experiment); });
      report.run("float64", [&] { return in_double(workplace, experiment); });
      report.run("stays finite", [&] { return finite(workplace, experiment); });
    }
  }
  check_recording(report, workplace, tables);
}

}  // namespace atelier::check
