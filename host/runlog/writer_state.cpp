#include "runlog/writer_state.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "runlog/checkpoints.hpp"
#include "runlog/compact.hpp"

namespace atelier::runlog {

namespace {

template <typename Stack>
void hash_rows_in_file(Stack& stack, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row) {
    stack.hash_row_in_file(row);
  }
}

}  // namespace

void Writer::State::open_series() {
  for (const Cadence& cadence : description.cadences) {
    tables.emplace(cadence.name, CadenceRows(file, cadence));
  }
  for (const SampleSeries& series : description.samples) {
    samples.emplace(series.name, SampleStack(file, series));
  }
  for (const TensorSeries& series : description.tensors) {
    tensors.emplace(series.name, Stack(hdf5::open_group(file, "tensors/" + series.name), "values", hdf5::Type::f32));
  }
}

// A log that is there already.
void Writer::State::open(const std::filesystem::path& log, Access access) {
  OpenLogFile opened = open_log(log, access);
  storage = std::move(opened.storage);
  file = std::move(opened.file);
  description = read_description(file);
  const auto newest = read_newest_checkpoint(file, description);
  checkpoints = newest ? newest->sequence : 0;
  if (newest) {
    newest_history = read_history(hdf5::open_group(file, slot_of(newest->sequence)), description);
  }
  dropped = read_dropped_checkpoints(file);
  kept = read_kept_steps(file);
  open_series();
}

// What a checkpoint that has an evaluation still before it had of its step is less than the log may have.
void Writer::State::go_on_after(int64_t step) {
  complete_layout(file);
  size_t next = 0;
  const auto truncate = [&](auto& series) {
    series.truncate(step, newest_history ? newest_history->rows[next++] : std::numeric_limits<int64_t>::max());
  };
  for (const Cadence& cadence : description.cadences) {
    truncate(tables.at(cadence.name));
  }
  for (const SampleSeries& series : description.samples) {
    truncate(samples.at(series.name));
  }
  for (const TensorSeries& series : description.tensors) {
    truncate(tensors.at(series.name));
  }
  for (auto& [name, table] : tables) {
    table.hash_rows_in_file(0, table.rows());
  }
  for (auto& [name, stack] : samples) {
    hash_rows_in_file(stack, stack.stack().rows());
  }
  for (auto& [name, stack] : tensors) {
    hash_rows_in_file(stack, stack.rows());
  }
  for (; !kept.empty() && kept.back() > step; kept.pop_back()) {
    hdf5::check(H5Ldelete(file, kept_path(kept.back()).c_str(), H5P_DEFAULT));
  }
  if (std::erase_if(dropped, [&](const DroppedCheckpoint& checkpoint) { return checkpoint.step > step; }) > 0) {
    write_dropped_checkpoints(file, dropped);
  }
  const SealedWriter unsealed(hdf5::open_group(file, "final"));
  write_status(file, Status::running, "");
}

History Writer::State::history() const {
  History history;
  const auto add = [&](const RowsHash& rows) {
    history.rows.push_back(rows.rows());
    history.digests.push_back(rows.digest());
  };
  for (const Cadence& cadence : description.cadences) {
    add(tables.at(cadence.name).hash());
  }
  for (const SampleSeries& series : description.samples) {
    add(samples.at(series.name).stack().hash());
  }
  for (const TensorSeries& series : description.tensors) {
    add(tensors.at(series.name).hash());
  }
  if (!kept.empty()) {
    history.previous = read_seal(hdf5::open_group(file, kept_path(kept.back())));
  } else if (!dropped.empty()) {
    history.previous = seals_of(dropped).back();
  }
  history.best = read_seal(hdf5::open_group(file, "best"));
  return history;
}

int64_t Writer::State::last_kept() const {
  return !kept.empty() ? kept.back() : !dropped.empty() ? dropped.back().step : -1;
}

void Writer::State::expect_lock() const {
  const std::string lost = lock ? lock->lost() : "";
  if (!lost.empty()) {
    throw hdf5::Failure(lost);
  }
}

void Writer::State::commit() {
  hdf5::check(H5Fflush(file, H5F_SCOPE_LOCAL));
  expect_lock();
  storage->commit();
}

// What a flush has brought into the file is on the disk. So it takes as long as the disk does, and a slow disk is asked
// less often.
void Writer::State::flush() {
  constexpr int rest = 200;
  const Clock::time_point begin = Clock::now();
  for (auto& [name, table] : tables) {
    table.drain();
  }
  commit();
  if (!unfinished.empty()) {
    storage->keep_journal(path);
    give_name();
  }
  kept_step = newest_step;
  const Clock::time_point end = Clock::now();
  flush_due = end + std::max<Clock::duration>(flush_period, rest * (end - begin));
}

void Writer::State::give_name() {
  expect_lock();
  std::error_code error;
  std::filesystem::rename(unfinished, path, error);
  if (error) {
    throw hdf5::Failure(error.message());
  }
  unfinished.clear();
  sync_folder(path.parent_path());
}

void Writer::State::replace(const std::string& group_path, int64_t step, int64_t sequence,
                            const std::function<void(SealedWriter&)>& write) {
  {
    SealedWriter group(hdf5::open_group(file, group_path));
    write(group);
    group.seal(step, sequence);
  }
  newest_step = std::max(newest_step, step);
}

void Writer::State::write_best() {
  if (!best) {
    return;
  }
  replace("best", best->step, 1, [&](SealedWriter& group) {
    group.scalars<double>("summary", {"value"}, {{"value", best->value}});
    write_weights(group, "weights/", {views_of(best->weights.parameters), views_of(best->weights.state)});
  });
  best.reset();
}

void Writer::State::write_slot(const CheckpointView& checkpoint) {
  const int64_t sequence = checkpoints + 1;
  replace(slot_of(sequence), checkpoint.step, sequence, [&](SealedWriter& group) {
    runlog::write_checkpoint(group, description, checkpoint);
    group.history(history());
  });
  checkpoints = sequence;
}

void Writer::State::write_kept(const CheckpointView& checkpoint) {
  const std::string place = kept_path(checkpoint.step);
  make_checkpoint(file, place, description);
  replace(place, checkpoint.step, std::ssize(dropped) + std::ssize(kept) + 1, [&](SealedWriter& group) {
    runlog::write_checkpoint(group, description, checkpoint);
    group.history(history());
  });
  kept.push_back(checkpoint.step);
}

void Writer::State::close() {
  write_best();
  flush();
  if (finished) {
    write_compact_log();
  }
  tables.clear();
  samples.clear();
  tensors.clear();
  hdf5::check(H5Fclose(file.release()));
  expect_lock();
  storage->commit();  // what closing it has changed
  storage->close();
  if (finished) {
    give_name();
  }
  watched.reset();
  lock.reset();
}

// Beside the log, which stays what it is until the new one takes its name.
void Writer::State::write_compact_log() {
  unfinished = path.string() + ".new";
  std::error_code ignored;  // where it stays, it cannot be made either
  std::filesystem::remove(unfinished, ignored);
  const std::unique_ptr<Storage> compact = Storage::create(unfinished);
  hdf5::Handle to = hdf5::create_file(*compact);
  write_compact(file, description, to);
  write_status(to, Status::finished, *finished);
  hdf5::check(H5Fclose(to.release()));
  compact->commit();
  compact->close();
}

void Writer::State::be_open() {
  watched.emplace(this, [](void* writer, const char* reason) {
    auto& state = *static_cast<State*>(writer);
    try {
      state.finished.reset();
      write_status(state.file, Status::failed, reason);
      state.close();
      return true;
    } catch (const std::exception&) {  // the log stays as its last flush left it
      return false;
    }
  });
}

// Leaves the file as it is on disk. What libhdf5 still holds is lost: to write it out is what has just failed.
void Writer::State::let_go() noexcept {
  watched.reset();
  tables.clear();
  samples.clear();
  tensors.clear();
  file.close();
  storage.reset();
  if (!unfinished.empty() && lock && lock->lost().empty()) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
  }
  lock.reset();
}

}  // namespace atelier::runlog
