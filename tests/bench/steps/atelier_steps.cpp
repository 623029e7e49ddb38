// The training steps of one experiment. compare.py talks to it: a command a line on stdin, a line of JSON for each.
//   atelier_steps EXPERIMENT THREADS PLUGIN_FOLDER...
//   parity STEPS FILE        the first steps of training: their losses, and in FILE all that another program needs to
//                            repeat them (step_file.hpp)
//   round SECONDS            how many steps it trains in that time, and how much of it went into recording them
//   sample SECONDS BATCH     how many batches it generates in that time
//   evaluate SECONDS BATCH   how many batches it evaluates in that time
//   profile STEPS            the operations of a step, each with the shortest of its times, and the peak in FLOP/s
//   pieces STEPS             the tasks of a step on one thread, with the times of their pieces (piece_times.hpp)
//   memory                   bytes that training has added to the process, and those of buffers and weights alone
//   about                    versions of the libraries, and the instruction set
//   peak SECONDS             GFLOP/s of a 1024-cubed product in single precision on each of the threads at once
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "data/evaluation_batches.hpp"
#include "execute/profile.hpp"
#include "experiment/experiment.hpp"
#include "kernels/fingerprint.hpp"
#include "kernels/sgemm.hpp"
#include "piece_times.hpp"
#include "step_file.hpp"
#include "step_times.hpp"
#include "training/profile.hpp"
#include "training/setup.hpp"

namespace atelier {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t warm_up = 3;                 // steps that are not profiled
constexpr int64_t endless = int64_t{1} << 40;  // steps that the schedule is told of

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Bytes of this process, from /proc/self/status: "VmRSS:" now, "VmHWM:" at most.
int64_t resident(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == key) {
      int64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  }
  throw Error(ErrorKind::file, "/proc/self/status has no {}", key);
}

// The trainer's loop without its log: while a step runs, the next one is recorded and its batch assembled.
class Loop {
 public:
  Loop(const experiment::Experiment& experiment, const plugin::Registry& registry,
       const inference::Environment& environment)
      : resident_before_(resident("VmRSS:")),
        setup_(experiment, registry, environment),
        executor_(environment.threads) {}

  std::string parity(int64_t steps, const std::string& path) {
    StepFile file(path);
    const std::string parameters = file.add_parameters(setup_.built.bank());
    data::TrainingBatches batches(setup_.data, setup_.experiment.train.batch_size,
                                  static_cast<uint64_t>(setup_.experiment.seed));  // the same ones once more
    std::vector<std::string> told;
    for (int64_t step = 1; step <= steps; ++step) {
      record();
      const std::string written = add_batches(file, batches);
      const std::string draws =
          file.add_draws(setup_.steps.session().recorder(), static_cast<uint64_t>(setup_.experiment.seed), step_);
      setup_.steps.session().start();
      told.push_back(fmt::format(R"({{"batches": {}, "draws": {}, "losses": {{{}}}}})", written, draws,
                                 losses_of(setup_.steps.session().wait())));
      setup_.steps.batches().step_done();
    }
    if (setup_.steps.session().cuts()) {
      throw Error(ErrorKind::usage, "the steps are cut by reads: what they draw before is not told");
    }
    return fmt::format(R"({{"parameters": {}, "steps": [{}]}})", parameters, fmt::join(told, ", "));
  }

  std::string round(double seconds) {
    if (!recorded_) {
      record();
      recorded_ = true;
    }
    int64_t steps = 0;
    recording_seconds_ = 0;
    const Clock::time_point start = Clock::now();
    while (seconds_since(start) < seconds) {
      setup_.steps.session().start(setup_.steps.batches().prefetch());
      record();
      (void)setup_.steps.session().wait();
      setup_.steps.batches().step_done();
      ++steps;
    }
    return fmt::format(R"({{"steps": {}, "seconds": {}, "recording_seconds": {}, "flops": {}}})", steps,
                       seconds_since(start), recording_seconds_, flops());
  }

  std::string profile(int64_t steps) {
    StepTimes times;
    profile_steps(steps, [&](const execute::Profile& profile) { times.add(training::step_profile(profile)); });
    return fmt::format(R"({{"peak": {}, "operations": {}}})", training::measure_sgemm_peak(executor_.threads()),
                       times.told());
  }

  std::string pieces(int64_t steps) {
    PieceTimes times;
    profile_steps(steps, [&](const execute::Profile& profile) { times.add(profile); });
    return times.told();
  }

  std::string sample(double seconds, int64_t count) {
    execute::Session session(execute::Mode::sample, tensor::DType::f32, setup_.built.bank(), executor_, arena_);
    return repeat(seconds, [&] {
      session.begin({0, purpose_sampling, 0, 0});
      const uint32_t images = *setup_.built.model().sample(session, count, {});
      session.end(std::span(&images, 1));
      session.start();
      (void)session.wait();
    });
  }

  std::string evaluate(double seconds, int64_t count) {
    execute::Session session(execute::Mode::evaluate, tensor::DType::f32, setup_.built.bank(), executor_, arena_);
    data::Subset subset = setup_.data.subsets().test;
    subset.count = count;
    data::EvaluationBatches batches(setup_.data, subset, count);
    batches.next();
    return repeat(seconds, [&] {
      session.begin({0, purpose_evaluation, 0, 0});
      setup_.built.model().evaluate(session, batches, {});
      session.end();
      session.start();
      (void)session.wait();
    });
  }

  std::string memory() {
    size_t planned = setup_.built.arena().size();
    for (const auto& parameter : setup_.built.bank().parameters) {
      planned += parameter->value.bytes();
      for (const tensor::Storage& slot : parameter->slots) {
        planned += slot.size();
      }
    }
    return fmt::format(R"({{"bytes": {}, "planned": {}}})", resident("VmHWM:") - resident_before_, planned);
  }

 private:
  template <typename Work>
  static std::string repeat(double seconds, const Work& work) {
    work();
    int64_t steps = 0;
    const Clock::time_point start = Clock::now();
    for (; seconds_since(start) < seconds; ++steps) {
      work();
    }
    return fmt::format(R"({{"steps": {}, "seconds": {}}})", steps, seconds_since(start));
  }

  template <typename Take>
  void profile_steps(int64_t steps, const Take& take) {
    for (int64_t left = steps; left > 0;) {
      execute::Profile profile;
      record();
      setup_.steps.session().set_profile(&profile);
      setup_.steps.session().start();
      (void)setup_.steps.session().wait();
      setup_.steps.session().set_profile(nullptr);
      setup_.steps.batches().step_done();
      if (step_ > warm_up) {
        take(profile);
        --left;
      }
    }
  }

  void record() {
    const Clock::time_point start = Clock::now();
    setup_.steps.record(++step_, endless, {});
    recording_seconds_ += seconds_since(start);
  }

  // Those of the step that has just been recorded.
  std::string add_batches(StepFile& file, data::TrainingBatches& batches) {
    std::vector<std::string> written;
    for (batches.begin_step();; batches.advance()) {
      written.push_back(file.add_batch(batches));
      if (batches.consumed() == setup_.steps.batches().consumed()) {
        break;
      }
    }
    batches.step_done();
    return fmt::format("[{}]", fmt::join(written, ", "));
  }

  std::string losses_of(const execute::StepResults& results) {
    std::string out;
    for (const execute::StepResult& result : results.entries) {
      if (result.kind == record::OutputKind::logged) {
        out += fmt::format(R"({}"{}": {})", out.empty() ? "" : ", ",
                           setup_.steps.session().names()[static_cast<size_t>(result.index)], result.value);
      }
    }
    return out;
  }

  double flops() {  // of the products in a step
    double sum = 0;
    for (const plan::Step& step : setup_.steps.session().newest_plan()->steps) {
      sum += step.flops;
    }
    return sum;
  }

  int64_t resident_before_;
  training::Setup setup_;
  execute::Executor executor_;  // for generating, which the sampler would do in pieces and into images
  execute::Arena arena_;
  int64_t step_ = 0;
  bool recorded_ = false;
  double recording_seconds_ = 0;
};

std::string peak(int threads, double seconds) {
  constexpr int64_t n = 1024;
  std::vector<double> gflops(static_cast<size_t>(threads));
  std::vector<std::thread> workers;
  for (double& mine : gflops) {
    workers.emplace_back([&mine, seconds] {
      const std::vector<float> a(n * n, 0.5F);
      const std::vector<float> b(n * n, 0.25F);
      std::vector<float> c(n * n);
      const auto multiply = [&] {
        kernels::multiply(false, false, n, n, n, a.data(), n, b.data(), n, false, c.data(), n);
      };
      multiply();
      int64_t products = 0;
      const Clock::time_point start = Clock::now();
      for (; seconds_since(start) < seconds; ++products) {
        multiply();
      }
      mine = 2e-9 * static_cast<double>(n * n * n * products) / seconds_since(start);
    });
  }
  double sum = 0;
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i].join();
    sum += gflops[i];
  }
  return fmt::format(R"({{"gflops": {}}})", sum);
}

std::string about() {
  std::string versions = kernels::library_versions();
  std::ranges::replace(versions, '\n', ' ');
  return fmt::format(R"({{"versions": "{}"}})", versions);
}

void serve(const char* experiment_file, int threads, const std::vector<std::filesystem::path>& plugins) {
  const plugin::Registry registry(plugins);
  inference::Environment environment;
  environment.threads = threads;
  Loop loop(experiment::load(experiment_file, {}, registry.descriptions()), registry, environment);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    std::string more;
    double amount = 0;
    words >> command >> amount >> more;
    if (command == "parity") {
      std::cout << loop.parity(static_cast<int64_t>(amount), more) << std::endl;
    } else if (command == "round") {
      std::cout << loop.round(amount) << std::endl;
    } else if (command == "profile") {
      std::cout << loop.profile(static_cast<int64_t>(amount)) << std::endl;
    } else if (command == "pieces") {
      std::cout << loop.pieces(static_cast<int64_t>(amount)) << std::endl;
    } else if (command == "sample") {
      std::cout << loop.sample(amount, std::stoi(more)) << std::endl;
    } else if (command == "evaluate") {
      std::cout << loop.evaluate(amount, std::stoi(more)) << std::endl;
    } else if (command == "memory") {
      std::cout << loop.memory() << std::endl;
    } else if (command == "peak") {
      std::cout << peak(threads, amount) << std::endl;
    } else if (command == "about") {
      std::cout << about() << std::endl;
    } else {
      throw Error(ErrorKind::usage,
                  "got '{}', expected parity, round, profile, pieces, sample, evaluate, memory, peak or about",
                  command);
    }
  }
}

}  // namespace
}  // namespace atelier

int main(int argc, char** argv) {
  try {
    if (argc < 4) {
      throw atelier::Error(atelier::ErrorKind::usage, "usage: atelier_steps EXPERIMENT THREADS PLUGIN_FOLDER...");
    }
    atelier::serve(argv[1], std::stoi(argv[2]), {argv + 3, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "atelier_steps: " << error.what() << "\n";
    return 1;
  }
}
