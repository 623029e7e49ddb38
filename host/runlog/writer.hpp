// Writing a run's log while it runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/weights.hpp"

namespace atelier::runlog {

// One log, held by this process alone (locks.hpp). One thread at a time. What is appended reaches the file with the
// next flush: flush_if_due() about every second, flush(), a checkpoint, final weights, close(). A flush is
// whole or was not, whatever ends the process or the machine (journal.hpp), and it is on the disk when it returns.
//
// Names and sizes that the description did not declare are defects of the caller: Error(internal). A file that cannot
// be written (a full disk) is Error(file), which names the last step that is kept; from then on every call throws that
// Error again, the file stays as the last flush left it, and it opens.
class Writer {
 public:
  // Makes a new file, status "running", and all that it will ever hold. It is called <path>.new until the next flush: a
  // run that makes a checkpoint first has a log under its name once that can be gone on from. Error(file) where it
  // exists, cannot be made, or is locked; Error(experiment) for names that cannot be kept.
  static Writer create(const std::filesystem::path& path, const RunDescription& description);

  // Goes on with a log after `step`: every series is cut to the rows with a step of at most `step`, and to those that
  // the newest checkpoint knew of; the status is "running" again. The next checkpoint overwrites the slot that does not
  // hold the newest valid one. Error(file) where its newest checkpoint is another than that of `sequence`, or it is
  // finished: somebody else has gone on with it since it was read.
  static Writer reopen(const std::filesystem::path& path, int64_t step, std::optional<int64_t> sequence = {});

  // Of a process that computes with the one that writes: takes everything, and keeps nothing.
  static Writer nowhere();

  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer();  // closes; a failure to is silent here, so call close()

  // The model of description.foreign[index]: every entry of its weights, in their order. Once, before the first
  // row. A log that is reopened after a checkpoint has it already; one that starts anew (step -1) takes it again.
  void write_foreign(size_t index, std::span<const ArrayView> weights);

  // One row of a cadence. Steps increase. `values` in the order of the cadence's metrics, NaN for one without a value
  // at this step; `epoch` in epochs, with its fraction; `wall_seconds` since the run began.
  void append(std::string_view cadence, int64_t step, double epoch, std::span<const double> values, double wall_seconds,
              double samples_per_second);

  // What a model has made, as SampleSeries says it of each kind: pixels (n[, time], y, x[, channel]), 0 to 255, which
  // also renew the preview; tokens (n, time) and the text of each; values (n, ...).
  void append_samples(std::string_view name, int64_t step, std::span<const uint8_t> pixels);
  void append_samples(std::string_view name, int64_t step, std::span<const int64_t> tokens,
                      const std::vector<std::string>& texts);
  void append_samples(std::string_view name, int64_t step, std::span<const float> values);
  void append_tensor(std::string_view name, int64_t step, std::span<const float> values);
  // Whether a cadence or a tensor has a row of this step already, as it may after a run that was killed at its end.
  bool has_row(std::string_view cadence, int64_t step);
  bool has_tensor(std::string_view name, int64_t step);

  // Into the slot that does not hold the newest checkpoint.
  void write_checkpoint(const CheckpointView& checkpoint);
  // The same, and one that stays: /kept/<step>. Steps increase; of the newest that is there already, nothing is
  // written.
  void keep_checkpoint(const CheckpointView& checkpoint);
  // Copied, and written with the next checkpoint, or as the log is closed: a run that is killed, and goes on from its
  // newest checkpoint, has no best weights of a later step.
  void write_best(int64_t step, double value, const WeightsView& weights);
  // `summary` under exactly the names declared.
  void write_final(int64_t step, const WeightsView& weights, const std::map<std::string, double>& summary);
  // All that is to be known from now on (Provenance::changes).
  void set_changes(const std::vector<Change>& changes);
  // A log is finished once it is closed, and what it says until then is what it said before.
  void set_status(Status status, const std::string& exit_reason);

  void flush_if_due();
  void flush();
  void close();  // flushes, syncs to disk, releases the lock; no other call may follow

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  // Runs `action` on the open log; what goes wrong with the file becomes the Error that all later calls throw.
  template <typename Action>
  void guarded(Action&& action);
  template <typename T>
  void append_row(std::string_view name, int64_t step, std::span<const T> row, const std::vector<std::string>& texts);

  std::unique_ptr<State> state_;
  bool is_nowhere_ = false;
};

}  // namespace atelier::runlog
