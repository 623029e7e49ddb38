#include "runlog/reader.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "runlog/checkpoints.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog/locks.hpp"
#include "runlog/sealed_group.hpp"
#include "runlog/series.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;
using hdf5::Type;

constexpr int tries = 20;
constexpr std::chrono::milliseconds pause{50};

std::vector<double> read_column(hid_t group, const std::string& name) {
  const Handle dataset = hdf5::open_dataset(group, name);
  std::vector<double> values(static_cast<size_t>(hdf5::shape_of(dataset).at(0)));
  hdf5::read_all(dataset, Type::f64, values.data());
  return values;
}

// A log whose writer was killed may have columns that differ by the last rows, or rows that are not whole.
template <typename... Columns>
void cut_to_whole_rows(std::vector<int64_t>& steps, Columns&... columns) {
  const size_t rows = std::min({whole_rows(steps), columns.size()...});
  steps.resize(rows);
  (columns.resize(rows), ...);
}

}  // namespace

struct Reader::State {
  std::filesystem::path path;
  Handle file;
  RunDescription description;
  Status status = Status::running;
  std::string exit_reason;

  // Runs `read`; where the file cannot be read, again as long as somebody is writing it.
  template <typename Read>
  auto attempt(Read&& read);
  template <typename Item>
  const Item& find(const std::vector<Item>& items, const std::string& kind, std::string_view name) const;
  std::vector<int64_t> steps_of(const std::string& group) const;
  int64_t check_row(const std::string& group, std::string_view name, int64_t row) const;
};

template <typename Read>
auto Reader::State::attempt(Read&& read) {
  hdf5::prepare();
  for (int number = 1;; ++number) {
    try {
      if (file < 0) {
        file = open_log(path, Access::read);
      }
      return read();
    } catch (const hdf5::Failure& failure) {
      file.close();
      if (number == tries || !holder_of(path)) {
        throw Error(ErrorKind::file, "{}: cannot be read: {}", path.string(), failure.what());
      }
    }
    std::this_thread::sleep_for(pause);
  }
}

template <typename Item>
const Item& Reader::State::find(const std::vector<Item>& items, const std::string& kind, std::string_view name) const {
  std::vector<std::string> names;
  for (const Item& item : items) {
    if (item.name == name) {
      return item;
    }
    names.push_back(item.name);
  }
  throw Error(ErrorKind::file, "{}: got {} '{}', expected {}{}", path.string(), kind, name,
              names.empty() ? "none: the log has none" : one_of(names), did_you_mean(name, names));
}

std::vector<int64_t> Reader::State::steps_of(const std::string& group) const {
  std::vector<int64_t> steps = read_steps(hdf5::open_group(file, group));
  cut_to_whole_rows(steps);
  return steps;
}

int64_t Reader::State::check_row(const std::string& group, std::string_view name, int64_t row) const {
  const std::vector<int64_t> steps = steps_of(group);
  if (row < 0 || row >= std::ssize(steps)) {
    throw Error(ErrorKind::file, "{}: {}: got row {}, expected 0 to {}", path.string(), name, row,
                std::ssize(steps) - 1);
  }
  return steps[static_cast<size_t>(row)];
}

Reader::Reader(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->attempt([&] {
    state_->description = read_description(state_->file);
    state_->status = read_status(state_->file);
    state_->exit_reason = hdf5::read_text_attribute(state_->file, "exit_reason");
  });
}

Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

const std::filesystem::path& Reader::path() const {
  return state_->path;
}
const RunDescription& Reader::description() const {
  return state_->description;
}
Status Reader::status() const {
  return state_->status;
}
const std::string& Reader::exit_reason() const {
  return state_->exit_reason;
}

MetricSeries Reader::metric(std::string_view cadence, std::string_view metric) const {
  const Cadence& found = state_->find(state_->description.cadences, "the cadence", cadence);
  const std::string name = state_->find(found.metrics, "the metric of " + found.name, metric).name;
  return state_->attempt([&] {
    const Handle group = hdf5::open_group(state_->file, "metrics/" + found.name);
    MetricSeries series{read_steps(group), read_column(group, "epoch"), read_column(group, name)};
    cut_to_whole_rows(series.steps, series.epochs, series.values);
    return series;
  });
}

TimingSeries Reader::timing(std::string_view cadence) const {
  const std::string name = state_->find(state_->description.cadences, "the cadence", cadence).name;
  return state_->attempt([&] {
    const Handle group = hdf5::open_group(state_->file, "timing/" + name);
    TimingSeries series{read_steps(group), read_column(group, "wall_seconds"),
                        read_column(group, "samples_per_second")};
    cut_to_whole_rows(series.steps, series.wall_seconds, series.samples_per_second);
    return series;
  });
}

std::vector<int64_t> Reader::sample_steps(std::string_view name) const {
  const std::string group = "samples/" + state_->find(state_->description.samples, "the samples", name).name;
  return state_->attempt([&] { return state_->steps_of(group); });
}

Images Reader::samples(std::string_view name, int64_t row) const {
  const SampleSeries& series = state_->find(state_->description.samples, "the samples", name);
  const std::string group = "samples/" + series.name;
  return state_->attempt([&] {
    Images images{state_->check_row(group, name, row), series.count, series.height, series.width, series.channels, {}};
    images.pixels.resize(static_cast<size_t>(series.count * series.height * series.width * series.channels));
    hdf5::read_rows(hdf5::open_dataset(state_->file, group + "/images"), Type::u8, row, 1, images.pixels.data());
    return images;
  });
}

std::vector<int64_t> Reader::tensor_steps(std::string_view name) const {
  const std::string group = "tensors/" + state_->find(state_->description.tensors, "the tensor", name).name;
  return state_->attempt([&] { return state_->steps_of(group); });
}

tensor::Tensor Reader::tensor(std::string_view name, int64_t row) const {
  const TensorSeries& series = state_->find(state_->description.tensors, "the tensor", name);
  const std::string group = "tensors/" + series.name;
  return state_->attempt([&] {
    state_->check_row(group, name, row);
    tensor::Tensor values(series.shape, tensor::DType::f32);
    hdf5::read_rows(hdf5::open_dataset(state_->file, group + "/values"), Type::f32, row, 1, values.storage.data());
    return values;
  });
}

std::vector<NamedTensor> Reader::foreign_weights(size_t index) const {
  const std::vector<ForeignRun>& foreign = state_->description.foreign;
  if (index >= foreign.size()) {
    throw Error(ErrorKind::file, "{}: got the foreign run {}, expected one of the {} that the log has, counted from 0",
                state_->path.string(), index, foreign.size());
  }
  return state_->attempt([&] {
    SealedReader group(hdf5::open_group(state_->file, foreign_path(index)));
    if (group.sequence() == 0) {
      throw hdf5::Failure("the weights of its foreign run " + foreign[index].name + " were not written");
    }
    std::vector<NamedTensor> weights = group.arrays("weights", foreign[index].weights);
    if (!group.verify()) {
      throw hdf5::Failure("the weights of its foreign run " + foreign[index].name +
                          " are damaged: their hash differs from what was written");
    }
    return weights;
  });
}

std::optional<Checkpoint> Reader::newest_checkpoint() const {
  return state_->attempt([&] { return read_newest_checkpoint(state_->file, state_->description); });
}

std::optional<BestWeights> Reader::best() const {
  return state_->attempt([&]() -> std::optional<BestWeights> {
    SealedReader group(hdf5::open_group(state_->file, "best"));
    if (group.sequence() == 0) {
      return std::nullopt;
    }
    BestWeights best;
    best.step = group.step();
    best.value = group.scalars<double>("summary", {"value"}).at("value");
    best.weights = read_weights(group, "weights/", state_->description);
    if (!group.verify()) {
      throw hdf5::Failure("its best weights are damaged: their hash differs from what was written");
    }
    return best;
  });
}

std::optional<FinalResult> Reader::final_result() const {
  return state_->attempt([&]() -> std::optional<FinalResult> {
    SealedReader group(hdf5::open_group(state_->file, "final"));
    if (group.sequence() == 0) {
      return std::nullopt;
    }
    FinalResult result;
    result.step = group.step();
    result.summary = group.scalars<double>("summary", state_->description.summary);
    result.weights = read_weights(group, "weights/", state_->description);
    if (!group.verify()) {
      throw hdf5::Failure("its final weights are damaged: their hash differs from what was written");
    }
    return result;
  });
}

}  // namespace atelier::runlog
