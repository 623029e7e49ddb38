// What the tests of this folder share: the plugins loaded once, experiments from a few lines, and runs in a folder that
// goes away.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "inference/trained_model.hpp"
#include "runlog/reader.hpp"
#include "training/run.hpp"
#include "training/setup.hpp"

namespace atelier::abi_test {

namespace fs = std::filesystem;

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (fs::temp_directory_path() / "atelier-abi-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline const plugin::Registry& registry() {
  static const plugin::Registry loaded({HOUSE_PLUGINS, TEST_PLUGINS});
  return loaded;
}

class Listener : public training::Observer {
 public:
  void started(const fs::path&, int64_t) override {}
  void progress(const training::Progress&) override {}
  void evaluated(int64_t, double, const std::map<std::string, double>&, bool) override {}
  void message(std::string_view text) override { messages.emplace_back(text); }
  std::vector<std::string> messages;
};

// An experiment on 8 x 8 drawn shapes; `text` adds tables, `overrides` change single values.
inline experiment::Experiment make(const std::string& text, const std::vector<std::string>& overrides = {}) {
  std::string whole = "name = \"test\"\nseed = 3\n";
  const auto add_unless_given = [&](const std::string& table, const std::string& lines) {
    whole += text.find("[" + table + "]") == std::string::npos ? "[" + table + "]\n" + lines : "";
  };
  add_unless_given("dataset", "use = \"shapes\"\nsize = 8\ncount = 64\ntest_count = 20\n");
  add_unless_given("optimizer", "use = \"adam\"\nlearning_rate = 1e-2\n");
  add_unless_given("train", "steps = 20\nbatch_size = 16\n");
  add_unless_given("evaluate", "every = 1000\n");
  add_unless_given("sample", "every = 1000\ncount = 4\n");
  add_unless_given("log", "every = 1\n");
  return experiment::parse(whole + text, "test.toml", {}, overrides, registry().descriptions());
}

inline training::RunOptions options(const TempFolder& folder) {
  training::RunOptions out;
  out.threads = 2;
  out.out_directory = folder.path();
  return out;
}

// A whole run, with its log open for reading.
struct Run {
  training::RunOutcome outcome;
  std::vector<std::string> messages;

  [[nodiscard]] runlog::Reader log() const { return runlog::Reader(outcome.log); }
  [[nodiscard]] std::vector<double> train(const std::string& metric) const {
    return log().metric("train", metric).values;
  }
  [[nodiscard]] double evaluated(const std::string& metric) const { return outcome.metrics.at(metric); }
};

inline Run train(const TempFolder& folder, const experiment::Experiment& experiment) {
  Listener listener;
  Run out;
  out.outcome = training::run(experiment, registry(), options(folder), listener);
  out.messages = listener.messages;
  return out;
}

inline Run train(const std::string& text, const std::vector<std::string>& overrides = {}) {
  static std::vector<std::unique_ptr<TempFolder>> folders;  // until the program ends, as the logs are read later
  folders.push_back(std::make_unique<TempFolder>());
  Run out = train(*folders.back(), make(text, overrides));
  REQUIRE_MESSAGE(out.outcome.status == runlog::Status::finished, out.outcome.reason);
  return out;
}

inline pictures::ImageStack sampled(const fs::path& log, const training::RunOptions& options, int64_t count,
                                    uint64_t seed, inference::WeightsOf weights) {
  inference::TrainedModel trained(log, registry(), options, {}, weights);
  return inference::pictures_of(inference::sample(trained, registry(), options, count, seed)).images;
}

inline pictures::Strips drawn_view(const fs::path& log, const training::RunOptions& options, const std::string& name,
                                   int64_t count, uint64_t seed, inference::WeightsOf weights) {
  inference::TrainedModel trained(log, registry(), options, {}, weights);
  return inference::pictures_of(inference::view(trained, registry(), options, name, count, seed));
}

// Trains without a log, so that a test may look inside between the steps.
class Bench {
 public:
  explicit Bench(const experiment::Experiment& experiment, const training::RunOptions& run_options = {})
      : setup_(experiment, registry(), run_options) {
    set_schedule(setup_.steps.optimizers(), experiment, setup_.built.model().group_names(), 1000);
    setup_.steps.batches().seek(0);
  }
  const execute::StepResults& step() {
    setup_.steps.record(++done_, 1000, {});
    setup_.steps.session().start();
    const execute::StepResults& results = setup_.steps.session().wait();
    setup_.steps.batches().step_done();
    return results;
  }
  training::Setup* operator->() { return &setup_; }
  [[nodiscard]] record::Parameter& parameter(const std::string& name) {
    auto& all = setup_.built.bank().parameters;
    const auto found = std::ranges::find_if(all, [&](const auto& candidate) { return candidate->name == name; });
    REQUIRE_MESSAGE(found != all.end(), name);
    return **found;
  }
  [[nodiscard]] std::vector<float> values(const std::string& name) {
    const tensor::Tensor& value = parameter(name).value;
    const auto* data = value.storage.as<float>();
    return {data, data + value.shape.elements()};
  }

 private:
  training::Setup setup_;
  int64_t done_ = 0;
};

template <typename F>
std::string message_of(const F& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Of the line of a source that says so.
inline int line_of(const fs::path& source, const std::string& comment) {
  std::ifstream lines(source);
  int line = 0;
  for (std::string text; std::getline(lines, text);) {
    ++line;
    if (contains(text, comment)) {
      return line;
    }
  }
  return 0;
}

// What a run ends with, thrown or in its outcome.
inline std::string failure(const std::string& text) {
  TempFolder folder;
  std::string reason;
  const std::string thrown = message_of([&] { reason = train(folder, make(text)).outcome.reason; });
  return reason.empty() ? thrown : reason;
}

inline double mean_of(const std::vector<double>& values, size_t first, size_t count) {
  double sum = 0;
  for (size_t i = first; i < first + count; ++i) {
    sum += values[i] / static_cast<double>(count);
  }
  return sum;
}

}  // namespace atelier::abi_test
