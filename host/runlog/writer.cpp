#include "runlog/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <utility>

#include "runlog/checkpoints.hpp"
#include "runlog/forked_process.hpp"
#include "runlog/writer_state.hpp"

namespace atelier::runlog {

namespace {

template <typename Series>
Series& find(std::map<std::string, Series, std::less<>>& all, const char* kind, std::string_view name) {
  const auto found = all.find(name);
  if (found == all.end()) {
    throw Error(ErrorKind::internal, "run log: {} '{}' was not declared", kind, name);
  }
  return found->second;
}

void check_count(std::string_view name, size_t actual, int64_t expected) {
  if (actual != static_cast<size_t>(expected)) {
    throw Error(ErrorKind::internal, "run log: {}: got {} values, expected {}", name, actual, expected);
  }
}

void check_step(std::string_view name, int64_t step, int64_t last) {
  if (step <= last) {
    throw Error(ErrorKind::internal, "run log: {}: got step {}, expected one after {}", name, step, last);
  }
}

void check_weights(const std::string& place, const RunDescription& description, const WeightsView& weights) {
  check_arrays(place + "/parameters", description.parameters, weights.parameters);
  check_arrays(place + "/state", description.state, weights.state);
}

void check_checkpoint(const RunDescription& description, const CheckpointView& checkpoint) {
  check_weights("checkpoint", description, checkpoint.weights);
  check_arrays("checkpoint/optimizer", description.optimizer, checkpoint.optimizer);
  check_scalars("checkpoint/counters", description.counters, checkpoint.trainer.counters);
  check_scalars("checkpoint/numbers", description.numbers, checkpoint.trainer.numbers);
}

std::vector<NamedTensor> copies_of(const std::vector<ArrayView>& views, const std::vector<Entry>& entries) {
  std::vector<NamedTensor> copies;
  for (size_t i = 0; i < views.size(); ++i) {
    copies.push_back({entries[i].name, tensor::Tensor(entries[i].shape, entries[i].dtype)});
    std::copy(views[i].values.begin(), views[i].values.end(), copies.back().value.storage.data());
  }
  return copies;
}

}  // namespace

template <typename Action>
void Writer::guarded(Action&& action) {
  if (is_nowhere_) {
    return;
  }
  ATELIER_CHECK(state_ != nullptr);
  if (state_->failure) {
    throw Error(*state_->failure);
  }
  ATELIER_CHECK(state_->lock.has_value());
  const hdf5::Turn turn;
  hdf5::prepare();
  const OpenLog::Use use;
  try {
    action(*state_);
  } catch (const hdf5::Failure& failure) {
    const std::string kept = state_->kept_step < 0
                                 ? "nothing had been logged"
                                 : fmt::format("what was logged up to step {} is kept", state_->kept_step);
    state_->failure =
        Error(ErrorKind::file, "{}: cannot be written: {}; {}", state_->path.string(), failure.what(), kept);
    state_->let_go();
    throw Error(*state_->failure);
  }
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::Writer(Writer&&) noexcept = default;

Writer& Writer::operator=(Writer&& other) noexcept {
  std::swap(is_nowhere_, other.is_nowhere_);
  std::swap(state_, other.state_);  // so that the log we had is closed as `other` ends, not dropped
  return *this;
}

Writer::~Writer() {
  if (state_ != nullptr && state_->lock.has_value()) {
    try {
      close();
    } catch (const std::exception&) {
      // Said in the header: who wants to know calls close().
    }
  }
}

Writer Writer::nowhere() {
  Writer writer(nullptr);
  writer.is_nowhere_ = true;
  return writer;
}

Writer Writer::create(const std::filesystem::path& path, const RunDescription& description) {
  check_names(description);
  auto state = std::make_unique<State>();
  state->path = path;
  state->description = description;
  state->lock.emplace(path);
  const hdf5::Turn turn;
  hdf5::prepare();
  if (std::filesystem::exists(path)) {
    throw Error(ErrorKind::file, "{}: cannot be made: {}", path.string(), std::strerror(EEXIST));
  }
  state->unfinished = path.string() + ".new";
  try {
    std::filesystem::remove(state->unfinished);  // of a run that was killed; a link goes, not what it leads to
    state->storage = Storage::create(state->unfinished);
    state->file = hdf5::create_file(*state->storage);
    make_layout(state->file, description);
    state->open_series();
    state->commit();
  } catch (const std::exception& failure) {
    const std::string reason = failure.what();
    state->let_go();
    throw Error(ErrorKind::file, "{}: cannot be made: {}", path.string(), reason);
  }
  state->be_open();
  return Writer(std::move(state));
}

Writer Writer::reopen(const std::filesystem::path& path, int64_t step, std::optional<int64_t> sequence) {
  auto state = std::make_unique<State>();
  state->path = path;
  if (!std::filesystem::exists(path)) {
    throw Error(ErrorKind::file, "{}: cannot be read: {}", path.string(), std::strerror(ENOENT));
  }
  state->lock.emplace(path);
  const hdf5::Turn turn;
  try {
    rehearse(path, [&] {
      State copy;
      copy.open(path, Access::rehearsal);
      copy.go_on_after(step);
      hdf5::check(H5Fflush(copy.file, H5F_SCOPE_LOCAL));
    });
    std::error_code ignored;
    std::filesystem::remove(path.string() + ".new", ignored);  // of a process that ended as it finished the log
    state->open(path, Access::write);
    if (sequence && (*sequence != state->checkpoints || read_status(state->file) == Status::finished)) {
      throw hdf5::Failure("another process has gone on with it meanwhile");
    }
  } catch (const hdf5::Failure& failure) {
    throw Error(ErrorKind::file, "{}: cannot be read: {}", path.string(), failure.what());
  }
  state->newest_step = state->kept_step = step;
  Writer writer(std::move(state));
  writer.guarded([&](State& open) {
    open.go_on_after(step);
    open.flush();
  });
  writer.state_->be_open();
  return writer;
}

void Writer::write_foreign(size_t index, std::span<const ArrayView> weights) {
  guarded([&](State& state) {
    const std::vector<ForeignRun>& foreign = state.description.foreign;
    if (index >= foreign.size()) {
      throw Error(ErrorKind::internal, "run log: foreign run {} was not declared", index);
    }
    const std::string path = foreign_path(index);
    check_arrays(path + "/weights", foreign[index].weights, weights);
    if (state.newest_step >= 0) {
      throw Error(ErrorKind::internal, "run log: {}: got weights after step {}, expected them before the first row",
                  path, state.newest_step);
    }
    SealedWriter group(hdf5::open_group(state.file, path));
    group.arrays("weights", weights);
    group.seal(0, 1);
  });
}

void Writer::append(std::string_view cadence, int64_t step, double epoch, std::span<const double> values,
                    double wall_seconds, double samples_per_second) {
  guarded([&](State& state) {
    CadenceRows& table = find(state.tables, "cadence", cadence);
    check_count(cadence, values.size(), static_cast<int64_t>(table.metrics()));
    check_step(cadence, step, table.last_step());
    state.newest_step = std::max(state.newest_step, step);
    table.append(step, epoch, values, wall_seconds, samples_per_second);
  });
}

template <typename T>
void Writer::append_row(std::string_view name, int64_t step, std::span<const T> row,
                        const std::vector<std::string>& texts) {
  guarded([&](State& state) {
    SampleStack& samples = find(state.samples, "samples", name);
    const SampleSeries& series = samples.series();
    if (dataset_of(series.kind).type != hdf5::type_of<T>) {
      throw Error(ErrorKind::internal, "run log: {}: got values of another kind, expected samples of the kind '{}'",
                  name, catalog::name_of(series.kind));
    }
    check_count(name, row.size(), samples.stack().row_elements());
    check_count(name, texts.size(), series.kind == catalog::FieldKind::tokens ? series.count : 0);
    check_step(name, step, samples.stack().last_step());
    state.newest_step = std::max(state.newest_step, step);
    samples.append(step, row.data(), row.size(), texts);
  });
}

void Writer::append_samples(std::string_view name, int64_t step, std::span<const uint8_t> pixels) {
  append_row(name, step, pixels, {});
}

void Writer::append_samples(std::string_view name, int64_t step, std::span<const int64_t> tokens,
                            const std::vector<std::string>& texts) {
  append_row(name, step, tokens, texts);
}

void Writer::append_samples(std::string_view name, int64_t step, std::span<const float> values) {
  append_row(name, step, values, {});
}

void Writer::append_tensor(std::string_view name, int64_t step, std::span<const float> values) {
  guarded([&](State& state) {
    Stack& stack = find(state.tensors, "tensor", name);
    check_count(name, values.size(), stack.row_elements());
    check_step(name, step, stack.last_step());
    state.newest_step = std::max(state.newest_step, step);
    stack.append(step, values.data(), values.size());
  });
}

bool Writer::has_row(std::string_view cadence, int64_t step) {
  bool has = false;
  guarded([&](State& state) { has = find(state.tables, "cadence", cadence).last_step() >= step; });
  return has;
}

bool Writer::has_tensor(std::string_view name, int64_t step) {
  bool has = false;
  guarded([&](State& state) { has = find(state.tensors, "tensor", name).last_step() >= step; });
  return has;
}

void Writer::write_checkpoint(const CheckpointView& checkpoint) {
  guarded([&](State& state) {
    check_checkpoint(state.description, checkpoint);
    state.write_best();
    state.write_slot(checkpoint);
    state.flush();
  });
}

void Writer::keep_checkpoint(const CheckpointView& checkpoint) {
  guarded([&](State& state) {
    check_checkpoint(state.description, checkpoint);
    if (state.last_kept() >= checkpoint.step) {
      check_step("kept", checkpoint.step + 1, state.last_kept());
      return;
    }
    state.write_best();
    state.write_kept(checkpoint);
    state.write_slot(checkpoint);
    state.flush();
  });
}

void Writer::write_best(int64_t step, double value, const WeightsView& weights) {
  guarded([&](State& state) {
    if (state.description.best_metric.empty()) {
      throw Error(ErrorKind::internal, "run log: best weights of a run that declares no best metric");
    }
    check_weights("best", state.description, weights);
    state.newest_step = std::max(state.newest_step, step);
    state.best = {step,
                  value,
                  {copies_of(weights.parameters, state.description.parameters),
                   copies_of(weights.state, state.description.state)}};
  });
}

void Writer::write_final(int64_t step, const WeightsView& weights, const std::map<std::string, double>& summary) {
  guarded([&](State& state) {
    check_weights("final", state.description, weights);
    check_scalars("final/summary", state.description.summary, summary);
    state.replace("final", step, 1, [&](SealedWriter& group) {
      group.scalars("summary", state.description.summary, summary);
      write_weights(group, "weights/", weights);
      group.history(state.history());
    });
    state.flush();
  });
}

void Writer::set_changes(const std::vector<Change>& changes) {
  guarded([&](State& state) {
    state.description.provenance.changes = changes;
    write_changes(state.file, changes);
    state.flush();
  });
}

void Writer::set_status(Status status, const std::string& exit_reason) {
  guarded([&](State& state) {
    state.finished = status == Status::finished ? std::optional(exit_reason) : std::nullopt;
    if (!state.finished) {
      write_status(state.file, status, exit_reason);
    }
    state.flush();
  });
}

void Writer::flush_if_due() {
  guarded([&](State& state) {
    if (state.storage->is_full() || State::Clock::now() >= state.flush_due) {
      state.flush();
    }
  });
}

void Writer::flush() {
  guarded([&](State& state) { state.flush(); });
}

void Writer::close() {
  guarded([&](State& state) { state.close(); });
}

}  // namespace atelier::runlog
