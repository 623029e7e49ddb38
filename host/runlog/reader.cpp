#include "runlog/reader.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/locks.hpp"
#include "runlog/reading_process.hpp"
#include "runlog/sample_stack.hpp"
#include "runlog/series.hpp"

namespace atelier::runlog {

namespace {

using What = Request::What;

constexpr int tries = 20;
constexpr std::chrono::milliseconds pause{50};

bool is_tokens(const SampleSeries& series) {
  return series.kind == catalog::FieldKind::tokens;
}

// A log that somebody else made may have columns that differ by the last rows, or rows that are not whole.
template <typename... Columns>
void cut_to_whole_rows(std::vector<int64_t>& steps, Columns&... columns) {
  const size_t rows = std::min({whole_rows(steps), columns.size()...});
  steps.resize(rows);
  (columns.resize(rows), ...);
}

}  // namespace

struct Reader::State {
  explicit State(const std::filesystem::path& log) : path(log), process(log) {}

  std::filesystem::path path;
  ReadingProcess process;
  Opened opened;
  std::map<std::string, CadenceColumns> cadences;  // that were asked for

  // Where the log cannot be read, again as long as somebody is writing it.
  template <typename Answer>
  Answer ask(const Request& request);
  template <typename Item>
  const Item& find(const std::vector<Item>& items, const std::string& kind, std::string_view name) const;
  const CadenceColumns& columns_of(const std::string& cadence);
  // Samples that the log keeps in this dataset.
  [[nodiscard]] const SampleSeries& samples_in(std::string_view dataset, std::string_view name) const;
  int64_t step_of_row(const Request& steps, int64_t row);
};

template <typename Answer>
Answer Reader::State::ask(const Request& request) {
  for (int number = 1;; ++number) {
    try {
      return process.ask<Answer>(request);
    } catch (const hdf5::Failure& failure) {
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
              one_of(names, "none: the log has none"), did_you_mean(name, names));
}

const CadenceColumns& Reader::State::columns_of(const std::string& cadence) {
  auto found = cadences.find(cadence);
  if (found == cadences.end()) {
    found = cadences.emplace(cadence, ask<CadenceColumns>({What::cadence, cadence})).first;
  }
  return found->second;
}

const SampleSeries& Reader::State::samples_in(std::string_view dataset, std::string_view name) const {
  const SampleSeries& series = find(opened.description.samples, "the samples", name);
  if (dataset_of(series.kind).name != dataset) {
    throw Error(ErrorKind::file, "{}: the samples '{}' are of the kind '{}' and have no {}", path.string(), name,
                catalog::name_of(series.kind), dataset);
  }
  return series;
}

int64_t Reader::State::step_of_row(const Request& steps_request, int64_t row) {
  const auto steps = ask<std::vector<int64_t>>(steps_request);
  if (row < 0 || row >= std::ssize(steps)) {
    throw Error(ErrorKind::file, "{}: {}: got row {}, expected 0 to {}", path.string(), steps_request.name, row,
                std::ssize(steps) - 1);
  }
  return steps[static_cast<size_t>(row)];
}

Reader::Reader(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {
  state_->opened = state_->ask<Opened>({What::open});
}

Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

const std::filesystem::path& Reader::path() const {
  return state_->path;
}
const RunDescription& Reader::description() const {
  return state_->opened.description;
}
Status Reader::status() const {
  return state_->opened.status;
}
const std::string& Reader::exit_reason() const {
  return state_->opened.exit_reason;
}
const std::vector<Note>& Reader::notes() const {
  return state_->opened.notes;
}
const std::vector<Slimming>& Reader::slimmed() const {
  return state_->opened.slimmed;
}

void Reader::expect_undropped(std::initializer_list<Part> parts, std::string_view done) const {
  for (const Slimming& slimming : slimmed()) {
    for (const Part part : parts) {
      if (dropped({slimming}, part)) {
        throw Error(ErrorKind::file, "{}: cannot be {}: its {} were dropped by 'atelier slim' at {}", path().string(),
                    done, to_string(part), whole_seconds(slimming.utc));
      }
    }
  }
}

MetricSeries Reader::metric(std::string_view cadence, std::string_view metric) const {
  const Cadence& found = state_->find(description().cadences, "the cadence", cadence);
  const std::string& name = state_->find(found.metrics, "the metric of " + found.name, metric).name;
  const CadenceColumns& columns = state_->columns_of(found.name);
  MetricSeries series{columns.steps, columns.epochs, columns.metrics.at(name)};
  cut_to_whole_rows(series.steps, series.epochs, series.values);
  return series;
}

TimingSeries Reader::timing(std::string_view cadence) const {
  const std::string& name = state_->find(description().cadences, "the cadence", cadence).name;
  TimingSeries series = state_->columns_of(name).timing;
  cut_to_whole_rows(series.steps, series.wall_seconds, series.samples_per_second);
  return series;
}

std::vector<int64_t> Reader::sample_steps(std::string_view name) const {
  const std::string& series = state_->find(description().samples, "the samples", name).name;
  return state_->ask<std::vector<int64_t>>({What::sample_steps, series});
}

Images Reader::samples(std::string_view name, int64_t row) const {
  const SampleSeries& series = state_->samples_in("images", name);
  const int64_t step = state_->step_of_row({What::sample_steps, series.name}, row);
  const tensor::Shape& dims = series.dims;
  const size_t y = dims.rank() - 2;
  return {step,
          series.count,
          dims[y],
          dims[y + 1],
          dims[y - 1],
          dims.rank() == 4 ? dims[0] : 1,
          state_->ask<std::vector<uint8_t>>({What::sample_row, series.name, row})};
}

tensor::Tensor Reader::sample_values(std::string_view name, int64_t row) const {
  const SampleSeries& named = state_->find(description().samples, "the samples", name);
  const SampleSeries& series = state_->samples_in(is_tokens(named) ? "tokens" : "values", name);
  state_->step_of_row({What::sample_steps, series.name}, row);
  return state_->ask<tensor::Tensor>({What::sample_values, series.name, row});
}

std::vector<std::string> Reader::sample_texts(std::string_view name, int64_t row) const {
  const SampleSeries& series = state_->samples_in("tokens", name);
  state_->step_of_row({What::sample_steps, series.name}, row);
  return state_->ask<std::vector<std::string>>({What::sample_texts, series.name, row});
}

std::vector<int64_t> Reader::tensor_steps(std::string_view name) const {
  const std::string& series = state_->find(description().tensors, "the tensor", name).name;
  return state_->ask<std::vector<int64_t>>({What::tensor_steps, series});
}

tensor::Tensor Reader::tensor(std::string_view name, int64_t row) const {
  const std::string& series = state_->find(description().tensors, "the tensor", name).name;
  state_->step_of_row({What::tensor_steps, series}, row);
  return state_->ask<tensor::Tensor>({What::tensor_row, series, row});
}

std::vector<NamedTensor> Reader::foreign_weights(size_t index) const {
  const size_t count = description().foreign.size();
  if (index >= count) {
    throw Error(ErrorKind::file, "{}: got the foreign run {}, expected one of the {} that the log has, counted from 0",
                state_->path.string(), index, count);
  }
  return state_->ask<std::vector<NamedTensor>>({What::foreign_weights, "", static_cast<int64_t>(index)});
}

std::optional<Checkpoint> Reader::newest_checkpoint() const {
  return state_->ask<std::optional<Checkpoint>>({What::newest_checkpoint});
}

std::optional<BestWeights> Reader::best() const {
  return state_->ask<std::optional<BestWeights>>({What::best});
}

std::optional<FinalResult> Reader::final_result() const {
  return state_->ask<std::optional<FinalResult>>({What::final_result});
}

std::vector<int64_t> Reader::kept_steps() const {
  return state_->ask<std::vector<int64_t>>({What::kept_steps});
}

Checkpoint Reader::kept_checkpoint(int64_t step) const {
  auto checkpoint = state_->ask<std::optional<Checkpoint>>({What::kept_checkpoint, "", step});
  if (!checkpoint) {
    throw Error(ErrorKind::file, "{}: its checkpoint of step {} is damaged, or gone", path().string(), step);
  }
  return std::move(*checkpoint);
}

Chain Reader::chain() const {
  return state_->ask<Chain>({What::chain});
}

}  // namespace atelier::runlog
