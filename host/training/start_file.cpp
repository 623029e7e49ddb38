#include "training/start_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "tensor/pytorch_layers.hpp"
#include "tensor/safetensors.hpp"

namespace atelier::training {
namespace {

namespace fs = std::filesystem;

template <typename... Arguments>
[[noreturn]] void fail(const experiment::Experiment& experiment, fmt::format_string<Arguments...> text,
                       Arguments&&... arguments) {
  throw Error(ErrorKind::experiment, located(experiment, "start", "from") + ": " +
                                         printable_lines(fmt::format(text, std::forward<Arguments>(arguments)...)));
}

// The first few of them, and how many more there are.
std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t most = 6;
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) {
    shown.push_back(fmt::format("'{}'", printable(names[i])));
  }
  return list_of(shown) + (names.size() > most ? fmt::format(", and {} more", names.size() - most) : "");
}

fs::path existing_file(const experiment::Experiment& experiment, const runlog::RunDescription* then) {
  fs::path file = (experiment.directory / experiment.start->from).lexically_normal();
  std::error_code ignored;
  if (fs::is_regular_file(file, ignored)) {
    return file;
  }
  if (then != nullptr && !then->provenance.start_file_sha256.empty()) {
    fail(experiment, "'{}': no such file, and the run began with its weights, sha256 {}; hint: bring it back; {}",
         file.string(), then->provenance.start_file_sha256, without_start);
  }
  fail(experiment, "'{}': {}", file.string(), fs::exists(file, ignored) ? "is no file" : "no such file");
}

class FileOfWeights {
 public:
  FileOfWeights(Setup& setup, const fs::path& path, const std::function<bool(const record::Parameter&)>& wanted)
      : experiment_(setup.experiment), bank_(setup.built.bank()), file_(path) {
    std::vector<tensor::NamedShape> ours;
    for (const auto& parameter : bank_.parameters) {
      if (parameter->is_models_own()) {
        ours.push_back({parameter->name, parameter->value.shape, parameter->value.dtype});
        parameters_.push_back(parameter.get());
        wanted_.push_back(wanted(*parameter));
      }
    }
    theirs_ = tensor::pytorch_tensors_of(ours);
  }

  void take() {
    for (const tensor::PyTorchTensor& theirs : theirs_) {
      if (std::ranges::all_of(theirs.ours, [&](size_t place) { return wanted_[place]; })) {
        take_translated(theirs);
      }
    }
    for (size_t place = 0; place < parameters_.size(); ++place) {
      if (wanted_[place] && !taken_.contains(place)) {
        take_by_own_name(place);
      }
    }
  }

  [[nodiscard]] StartedWith outcome() const {
    StartedWith out;
    out.taken = std::ssize(taken_);
    for (size_t place = 0; place < parameters_.size(); ++place) {
      if (wanted_[place] && !taken_.contains(place)) {
        out.only_model_has.push_back(parameters_[place]->name);
      }
    }
    for (const tensor::SafetensorsEntry& entry : file_.tensors()) {
      if (!used_.contains(entry.name)) {
        out.only_file_has.push_back(entry.name);
      }
    }
    return out;
  }

  // Something was found of all that is asked for by its name, and all of what cannot come by it later.
  void check() const {
    const experiment::Start& start = *experiment_.start;
    if (taken_.empty()) {
      fail_without_any();
    }
    for (const std::string& group : start.groups) {
      if (std::ranges::none_of(taken_, [&](size_t place) { return group_of(place) == group; })) {
        fail(experiment_, "'{}' has no tensor of the group '{}' of start.groups", start.from, group);
      }
    }
    for (size_t place = 0; place < parameters_.size(); ++place) {
      const bool frozen = std::ranges::count(start.freeze, group_of(place)) > 0;
      if (wanted_[place] && frozen && !taken_.contains(place)) {
        fail(experiment_, "'{}' has no tensor for '{}', which start.freeze would leave as it was initialized",
             start.from, parameters_[place]->name);
      }
    }
  }

 private:
  [[nodiscard]] std::string group_of(size_t place) const {
    const int32_t group = bank_.group_of(*parameters_[place]);
    return group < 0 ? "" : bank_.groups[static_cast<size_t>(group)].name;
  }

  [[nodiscard]] tensor::Tensor read(const tensor::SafetensorsEntry& entry, const tensor::Shape& shape,
                                    tensor::DType dtype, const std::string& ours) const {
    if (!std::ranges::equal(entry.dims, shape.dims())) {
      fail(experiment_, "'{}' has ({}) for '{}'{}, expected {}", experiment_.start->from, fmt::join(entry.dims, ", "),
           entry.name, ours == entry.name ? "" : fmt::format(", the model's '{}'", ours), to_string(shape));
    }
    return file_.read(entry, dtype);
  }

  void take_translated(const tensor::PyTorchTensor& theirs) {
    const tensor::SafetensorsEntry* const entry = file_.find(theirs.theirs.name);
    if (entry == nullptr) {
      return;
    }
    if (theirs.kind == tensor::PyTorchTensor::Kind::right_singular ||
        theirs.kind == tensor::PyTorchTensor::Kind::update_count) {
      used_.insert(entry->name);  // unread, as nothing goes by it
      return;
    }
    const bool first_bias_is_missing =
        theirs.kind == tensor::PyTorchTensor::Kind::second_bias && !taken_.contains(theirs.ours.front());
    if (first_bias_is_missing) {
      return;  // and is told as what the model has not
    }
    std::vector<tensor::Tensor*> into;
    for (const size_t place : theirs.ours) {
      into.push_back(&parameters_[place]->value);
    }
    const std::string& ours = parameters_[theirs.ours.front()]->name;
    from_pytorch(theirs, read(*entry, theirs.theirs.shape, theirs.theirs.dtype, ours), into);
    used_.insert(entry->name);
    if (theirs.kind == tensor::PyTorchTensor::Kind::left_singular) {
      taken_.insert(theirs.ours.front());
    } else if (theirs.is_needed()) {
      taken_.insert(theirs.ours.begin(), theirs.ours.end());
    }
  }

  void take_by_own_name(size_t place) {
    record::Parameter& parameter = *parameters_[place];
    const tensor::SafetensorsEntry* const entry = file_.find(parameter.name);
    if (entry != nullptr && !used_.contains(entry->name)) {
      parameter.value = read(*entry, parameter.value.shape, parameter.value.dtype, parameter.name);
      used_.insert(entry->name);
      taken_.insert(place);
    }
  }

  [[noreturn]] void fail_without_any() const {
    std::vector<std::string> there, expected;
    for (const tensor::SafetensorsEntry& entry : file_.tensors()) {
      there.push_back(entry.name);
    }
    std::string near;
    for (const tensor::PyTorchTensor& theirs : theirs_) {
      const bool asked = std::ranges::all_of(theirs.ours, [&](size_t place) { return wanted_[place]; });
      if (asked && theirs.is_needed()) {
        expected.push_back(theirs.theirs.name);
        const std::string found = near.empty() ? nearest(theirs.theirs.name, there) : "";
        near = found.empty() ? near : fmt::format("; is '{}' what the model calls '{}'?", found, theirs.theirs.name);
      }
    }
    fail(experiment_, "'{}' has no tensor of the model: it has {}; expected {}{}", experiment_.start->from,
         some_of(there), some_of(expected), near);
  }

  const experiment::Experiment& experiment_;
  record::Bank& bank_;
  tensor::SafetensorsFile file_;
  std::vector<tensor::PyTorchTensor> theirs_;
  std::vector<record::Parameter*> parameters_;  // the model's own
  std::vector<bool> wanted_;                    // by place among them
  std::set<size_t> taken_;
  std::set<std::string> used_;
};

std::string hash_of(const experiment::Experiment& experiment, const fs::path& path) {
  try {
    return Sha256::of_file(path);
  } catch (const Error& error) {
    throw Error(error.kind(), located(experiment, "start", "from") + ": " + error.what());
  }
}

std::vector<std::string> lines_about(const experiment::Experiment& experiment, const StartedWith& start) {
  constexpr size_t digits_shown = 12;
  const std::string& file = experiment.start->from;
  std::vector<std::string> lines{fmt::format("start.from: {} tensor{} of the model {} taken from {}, sha256 {}",
                                             start.taken, start.taken == 1 ? "" : "s", start.taken == 1 ? "is" : "are",
                                             file, start.file_sha256.substr(0, digits_shown))};
  if (!start.only_model_has.empty()) {
    lines.push_back(fmt::format("start.from: {} has nothing for {}, which the model initializes", file,
                                some_of(start.only_model_has)));
  }
  if (!start.only_file_has.empty()) {
    lines.push_back(fmt::format("start.from: of {} these are not taken: {}", file, some_of(start.only_file_has)));
  }
  return lines;
}

}  // namespace

bool is_start_file(const std::string& from) {
  return from.ends_with(".safetensors");
}

StartedWith take_file(Setup& setup, const std::function<bool(const record::Parameter&)>& wanted,
                      const runlog::RunDescription* then) {
  const experiment::Experiment& experiment = setup.experiment;
  const fs::path path = existing_file(experiment, then);
  const std::string hash = hash_of(experiment, path);
  try {
    FileOfWeights file(setup, path, wanted);
    file.take();
    file.check();
    StartedWith out = file.outcome();
    out.file_sha256 = hash;
    out.said = lines_about(experiment, out);
    return out;
  } catch (const Error& error) {
    const std::string place = located(experiment, "start", "from") + ": ";
    const std::string why = error.kind() == ErrorKind::file ? place + error.what() : error.what();
    const std::string recorded = then != nullptr ? then->provenance.start_file_sha256 : "";
    throw Error(error.kind(), recorded.empty() || recorded == hash
                                  ? why
                                  : fmt::format("{}'{}' is not the file that the run began with: its sha256 is {} and "
                                                "was {}; hint: bring that file back\n{}",
                                                place, printable(path.string()), hash, recorded, why));
  }
}

}  // namespace atelier::training
