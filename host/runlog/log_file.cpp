#include "runlog/log_file.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "runlog/annotations_file.hpp"
#include "runlog/chain_reader.hpp"
#include "runlog/checkpoints.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog/sample_stack.hpp"
#include "runlog/sealed_group.hpp"
#include "runlog/series.hpp"
#include "runlog/slim_file.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;

template <typename Item>
const Item& named(const std::vector<Item>& items, const std::string& name) {
  const auto found = std::ranges::find(items, name, &Item::name);
  ATELIER_CHECK(found != items.end());
  return *found;
}

}  // namespace

struct LogFile::State {
  OpenLogFile log;
  const Handle& file = log.file;
  RunDescription description;
  Status status = Status::running;
  std::string exit_reason;
  std::vector<Note> notes;
  std::vector<Slimming> slimmed;

  [[nodiscard]] std::vector<int64_t> steps_of(const std::string& group) const;
};

std::vector<int64_t> LogFile::State::steps_of(const std::string& group) const {
  std::vector<int64_t> steps = read_steps(hdf5::open_group(file, group));
  steps.resize(whole_rows(steps));
  return steps;
}

LogFile::LogFile(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  hdf5::prepare();
  state_->log = open_log(path, Access::read);
  state_->description = read_description(state_->file);
  state_->status = read_status(state_->file);
  state_->exit_reason = hdf5::read_text_attribute(state_->file, "exit_reason");
  state_->notes = read_notes(state_->file);
  state_->slimmed = read_slimmed(state_->file);
}

LogFile::~LogFile() = default;

bool LogFile::has_changed() const {
  return state_->log.storage->has_changed();
}

const RunDescription& LogFile::description() const {
  return state_->description;
}
Status LogFile::status() const {
  return state_->status;
}
const std::string& LogFile::exit_reason() const {
  return state_->exit_reason;
}
const std::vector<Note>& LogFile::notes() const {
  return state_->notes;
}
const std::vector<Slimming>& LogFile::slimmed() const {
  return state_->slimmed;
}

CadenceColumns LogFile::cadence(const std::string& name) const {
  const Handle metrics = hdf5::open_group(state_->file, "metrics/" + name);
  CadenceColumns columns{read_steps(metrics), hdf5::read_column<double>(metrics, "epoch"), {}, {}};
  for (const MetricColumn& metric : named(state_->description.cadences, name).metrics) {
    columns.metrics[metric.name] = hdf5::read_column<double>(metrics, metric.name);
  }
  const Handle timing = hdf5::open_group(state_->file, "timing/" + name);
  columns.timing = {read_steps(timing), hdf5::read_column<double>(timing, "wall_seconds"),
                    hdf5::read_column<double>(timing, "samples_per_second")};
  return columns;
}

std::vector<int64_t> LogFile::sample_steps(const std::string& name) const {
  return state_->steps_of("samples/" + name);
}

std::vector<uint8_t> LogFile::sample_row(const std::string& name, int64_t row) const {
  const SampleSeries& series = named(state_->description.samples, name);
  std::vector<uint8_t> pixels(static_cast<size_t>(series.count * series.dims.elements()));
  hdf5::read_rows(hdf5::open_dataset(state_->file, "samples/" + name + "/images"), row, 1, std::span(pixels));
  return pixels;
}

tensor::Tensor LogFile::sample_values(const std::string& name, int64_t row) const {
  const SampleSeries& series = named(state_->description.samples, name);
  const SampleDataset from = dataset_of(series.kind);
  tensor::Shape shape{series.count};
  std::ranges::for_each(series.dims.dims(), [&](int64_t length) { shape.append(length); });
  tensor::Tensor values(shape, from.type == hdf5::Type::i64 ? tensor::DType::i64 : tensor::DType::f32);
  hdf5::read_rows(hdf5::open_dataset(state_->file, "samples/" + name + "/" + from.name), from.type, row, 1,
                  values.storage.data(), static_cast<size_t>(shape.elements()));
  return values;
}

std::vector<std::string> LogFile::sample_texts(const std::string& name, int64_t row) const {
  return hdf5::read_text_row(hdf5::open_dataset(state_->file, "samples/" + name + "/text"), row);
}

std::vector<int64_t> LogFile::tensor_steps(const std::string& name) const {
  return state_->steps_of("tensors/" + name);
}

tensor::Tensor LogFile::tensor_row(const std::string& name, int64_t row) const {
  tensor::Tensor values(named(state_->description.tensors, name).shape, tensor::DType::f32);
  hdf5::read_rows(hdf5::open_dataset(state_->file, "tensors/" + name + "/values"), row, 1,
                  std::span(values.storage.as<float>(), static_cast<size_t>(values.shape.elements())));
  return values;
}

std::vector<NamedTensor> LogFile::foreign_weights(size_t index) const {
  const ForeignRun& foreign = state_->description.foreign.at(index);
  SealedReader group(hdf5::open_group(state_->file, foreign_path(index)));
  if (group.sequence() == 0) {
    throw hdf5::Failure("the weights of its foreign run " + foreign.name + " were not written");
  }
  std::vector<NamedTensor> weights = group.arrays("weights", foreign.weights);
  if (!group.verify()) {
    throw hdf5::Failure("the weights of its foreign run " + foreign.name +
                        " are damaged: their hash differs from what was written");
  }
  return weights;
}

std::optional<Checkpoint> LogFile::newest_checkpoint() const {
  return read_newest_checkpoint(state_->file, state_->description);
}

std::optional<BestWeights> LogFile::best() const {
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
}

std::optional<FinalResult> LogFile::final_result() const {
  SealedReader group(hdf5::open_group(state_->file, "final"));
  if (group.sequence() == 0) {
    return std::nullopt;
  }
  FinalResult result;
  result.step = group.step();
  result.summary = group.scalars<double>("summary", state_->description.summary);
  result.weights = read_weights(group, "weights/", state_->description);
  group.history(state_->description);
  if (!group.verify()) {
    throw hdf5::Failure("its final weights are damaged: their hash differs from what was written");
  }
  return result;
}

std::optional<Checkpoint> LogFile::kept_checkpoint(int64_t step) const {
  return read_checkpoint(state_->file, kept_path(step), state_->description);
}

std::vector<int64_t> LogFile::kept_steps() const {
  return read_kept_steps(state_->file);
}

Chain LogFile::chain() const {
  return read_chain(*this, state_->file);
}

}  // namespace atelier::runlog
