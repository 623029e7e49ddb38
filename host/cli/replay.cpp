// atelier replay LOG --at STEP
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/terminal_table.hpp"
#include "base/text.hpp"
#include "cli/evaluate.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/sample.hpp"
#include "cli/scratch_run.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "runlog/replay_file.hpp"
#include "training/looks.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// What there is to see of a step: everything by its name and shape, and the values of what was asked for.
class Gallery {
 public:
  explicit Gallery(std::vector<std::string> words) : words_(std::move(words)) {}

  void take(const std::string& name, const tensor::Tensor& value) {
    names_.push_back(name);
    types_.push_back(fmt::format("{} {}", tensor::name_of(value.dtype), tensor::to_string(value.shape)));
    if (std::ranges::any_of(words_, [&](const std::string& word) { return matches(word, name) || ends(word, name); })) {
      taken_.push_back(training::copy_of(name, value));
    }
  }

  // What the words mean: whole names, patterns of them, or what follows "activations.", "weights.", ... where only one
  // begins so.
  std::vector<runlog::NamedTensor> chosen(int64_t step) {
    std::vector<std::string> wanted;
    for (const std::string& word : words_) {
      std::vector<std::string> meant = those(word, matches);
      if (meant.empty()) {
        meant = those(word, ends);
        if (meant.size() > 1) {
          throw Error(ErrorKind::usage, "--look: '{}' can mean {}", word, one_of(meant));
        }
      }
      if (meant.empty()) {
        throw Error(ErrorKind::usage, "--look: step {} has no '{}'{}; hint: --list says what there is", step, word,
                    did_you_mean(word, names_));
      }
      wanted.insert(wanted.end(), meant.begin(), meant.end());
    }
    std::erase_if(taken_, [&](const auto& tensor) { return std::ranges::count(wanted, tensor.name) == 0; });
    return std::move(taken_);
  }

  [[nodiscard]] std::string list() const {
    terminal::TextTable table{{{"name"}, {"values"}}, {}};
    for (size_t i = 0; i < names_.size(); ++i) {
      table.add({{names_[i], terminal::Emphasis::strong}, {types_[i]}});
    }
    return terminal::to_text(table, output_layout());
  }

 private:
  static bool matches(const std::string& word, const std::string& name) {
    return fnmatch(word.c_str(), name.c_str(), 0) == 0;
  }
  static bool ends(const std::string& word, const std::string& name) { return name.substr(name.find('.') + 1) == word; }
  template <typename Matches>
  [[nodiscard]] std::vector<std::string> those(const std::string& word, Matches&& is_meant) const {
    std::vector<std::string> found;
    std::ranges::copy_if(names_, std::back_inserter(found),
                         [&](const std::string& name) { return is_meant(word, name); });
    return found;
  }

  std::vector<std::string> words_;
  std::vector<std::string> names_;
  std::vector<std::string> types_;
  std::vector<runlog::NamedTensor> taken_;
};

std::vector<double> numbers_of(const tensor::Tensor& tensor) {
  std::vector<double> numbers(static_cast<size_t>(tensor.shape.elements()));
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = tensor.dtype == tensor::DType::f32   ? static_cast<double>(tensor.storage.as<float>()[i])
                 : tensor.dtype == tensor::DType::f64 ? tensor.storage.as<double>()[i]
                                                      : static_cast<double>(tensor.storage.as<int64_t>()[i]);
  }
  return numbers;
}

struct Statistics {
  explicit Statistics(const std::vector<double>& numbers) {
    for (const double number : numbers) {
      smallest = std::min(smallest, number);
      largest = std::max(largest, number);
      mean += number / static_cast<double>(numbers.size());
      square += number * number;
    }
  }
  double smallest = std::numeric_limits<double>::infinity(), largest = -std::numeric_limits<double>::infinity();
  double mean = 0, square = 0;
};

std::string to_text(const std::vector<runlog::NamedTensor>& tensors) {
  using terminal::Align;
  terminal::TextTable table{{{"name"},
                             {"shape"},
                             {"smallest", Align::right},
                             {"mean", Align::right},
                             {"largest", Align::right},
                             {"norm", Align::right}},
                            {}};
  for (const auto& [name, value] : tensors) {
    const Statistics of(numbers_of(value));
    const auto number = [](double x) { return fmt::format("{:.6g}", x); };
    table.add({{name, terminal::Emphasis::strong},
               {tensor::to_string(value.shape)},
               {number(of.smallest)},
               {number(of.mean)},
               {number(of.largest)},
               {number(std::sqrt(of.square))}});
  }
  return terminal::to_text(table, output_layout());
}

std::string to_json(int64_t step, const std::vector<runlog::NamedTensor>& tensors) {
  Json all = Json::object();
  for (const auto& [name, value] : tensors) {
    Json shape = Json::array();
    for (const int64_t length : value.shape.dims()) {
      shape.push_back(length);
    }
    all[name] = {{"shape", shape}, {"values", numbers_of(value)}};
  }
  return Json{{"step", step}, {"tensors", all}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

enum class Asked { list, look, pictures, metric };

Asked what_is_asked(const Arguments& arguments) {
  std::vector<std::string> given;
  for (const char* option : {"list", "look", "sample", "view", "metric"}) {
    if (arguments.has(option)) {
      given.emplace_back(option);
    }
  }
  if (given.size() != 1) {
    throw Error(ErrorKind::usage,
                "atelier replay: got {}, expected one of --list, --look, --sample, --view and --metric",
                given.empty() ? "none" : "--" + fmt::format("{}", fmt::join(given, " and --")));
  }
  const std::string& one = given.front();
  for (const auto& [option, of] : {std::pair{"count", "pictures"},
                                   {"seed", "pictures"},
                                   {"columns", "pictures"},
                                   {"split", "metric"},
                                   {"json", "look metric"},
                                   {"output", "look pictures"}}) {
    const std::string kind = one == "sample" || one == "view" ? "pictures" : one;
    if (arguments.has(option) && std::string_view(of).find(kind) == std::string_view::npos) {
      throw Error(ErrorKind::usage, "--{}: says nothing with --{}", option, one);
    }
  }
  return one == "list" ? Asked::list : one == "look" ? Asked::look : one == "metric" ? Asked::metric : Asked::pictures;
}

int64_t step_of(const Arguments& arguments, const runlog::Reader& log, Asked asked) {
  const int64_t last = last_step_of(log);
  if (!arguments.has("at")) {
    if (asked != Asked::list) {
      throw Error(ErrorKind::usage, "atelier replay: got no --at STEP, expected a step from 0 to {}", last);
    }
    return std::min<int64_t>(last, 1);
  }
  const int64_t step = arguments.integer("at", 0, 0);
  if (step > last) {
    throw Error(ErrorKind::usage, "--at: got {}, expected a step from 0 to {}, the last that {} has", step, last,
                log.path().string());
  }
  return step;
}

// Beside the log, where no other is asked for.
fs::path file_of_looks(const Arguments& arguments, const fs::path& log, int64_t step) {
  fs::path file = arguments.text("output", "");
  if (file.empty()) {
    file = log.parent_path() / fmt::format("{}-at-{}.hdf5", log.stem().string(), step);
  } else if (file.extension() != ".hdf5") {
    throw Error(ErrorKind::usage, "--output: got '{}', expected a name that ends in .hdf5", file.string());
  }
  if (fs::exists(file)) {
    throw Error(ErrorKind::file, "{}: is there already; hint: -o FILE.hdf5 names another", file.string());
  }
  check_writable(file);
  return file;
}

std::vector<std::string> metric_overrides(const Arguments& arguments) {
  std::vector<std::string> overrides;
  for (const std::string& text : arguments.all("metric")) {
    overrides.push_back("metric." + text);
  }
  return overrides;
}

int replay(const Arguments& arguments) {
  const Asked asked = what_is_asked(arguments);
  const fs::path path = find_ended_log(arguments.words.front(), arguments);
  const runlog::Reader log(path);
  const int64_t step = step_of(arguments, log, asked);
  const SampleRequest request = asked == Asked::pictures ? sample_request(arguments) : SampleRequest();
  const fs::path file = asked == Asked::look ? file_of_looks(arguments, path, step) : fs::path();
  const inference::Environment environment = environment_of(arguments);
  const plugin::Registry registry = load_plugins(arguments);

  const bool looks = asked == Asked::look || asked == Asked::list;
  Gallery gallery(arguments.all("look"));
  training::Stretch stretch;
  stretch.steps_only = true;
  const std::optional<runlog::Checkpoint> from = checkpoint_until(log, looks ? std::max<int64_t>(step - 1, 0) : step);
  stretch.from = from ? &*from : nullptr;
  if (looks) {
    stretch.look = [&](const auto&... seen) { gallery.take(seen...); };
  }
  const std::optional<ScratchRun> run = make_again(log, stretch, step, registry, arguments);
  if (!run) {
    print_message("atelier: interrupted");
    return exit_interrupted;
  }
  const fs::path& again = run->outcome.log;
  if (run->outcome.steps < step) {
    throw Error(ErrorKind::file, "{}: step {} was not reached again: {}", path.string(), step, run->outcome.reason);
  }
  const std::string shown = fmt::format("{} at step {}", path.string(), terminal::grouped(step));
  if (asked == Asked::pictures) {
    return write_samples_of(request, again, shown, inference::WeightsOf::checkpoint, registry, environment);
  }
  if (asked == Asked::metric) {
    return print_measurement(arguments, again, metric_overrides(arguments), inference::WeightsOf::checkpoint, registry,
                             environment);
  }
  training::look_at(*runlog::Reader(again).newest_checkpoint(), [&](const auto&... seen) { gallery.take(seen...); });
  if (asked == Asked::list) {
    print(gallery.list());
    return exit_done;
  }
  const std::vector<runlog::NamedTensor> tensors = gallery.chosen(step);
  runlog::write_replay(file, log.description(), step, tensors);
  if (arguments.has("json")) {
    print_json(to_json(step, tensors));
  } else {
    print(to_text(tensors));
  }
  print_message(
      fmt::format("{}: {} tensor{} of {}", file.string(), tensors.size(), tensors.size() == 1 ? "" : "s", shown));
  return exit_done;
}

}  // namespace

Verb replay_verb() {
  return {
      "replay",
      "LOG --at STEP",
      "any tensor, picture or metric of any step, logged or not",
      "Begins at the nearest checkpoint before ([checkpoint] keep = N has one every N steps), or anew, and trains "
      "again\n"
      "up to STEP, to the same bits. --look goes into a file beside the log, laid out as its /tensors; a name may be\n"
      "a pattern ('gradients.*'), and 'critic.2' stands for 'activations.critic.2' where nothing else ends so. "
      "Weights\n"
      "are those after the step, activations and gradients those in it. The log itself stays as it is.",
      1,
      1,
      with({{"at", "STEP", "which step"},
            {"list", "", "the names of all that --look can show"},
            {"look", "NAME", "activations, gradients, weights, ...; may be repeated", 0, true},
            {"sample", "", "what the model made then"},
            {"metric", "NAME.KEY=VALUE", "measure the model of then, as atelier evaluate does; may be repeated", 0,
             true}},
           with(sample_options(), {{"split", "NAME", "of --metric: test (the default), validation or train"},
                                   threads_option(),
                                   out_option(),
                                   json_option()})),
      replay};
}

}  // namespace atelier::cli
