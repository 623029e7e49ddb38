#include "runlog/compact.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "runlog/checkpoints.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog/sample_stack.hpp"
#include "runlog/series.hpp"

namespace atelier::runlog {

namespace {

class Compaction {
 public:
  Compaction(hid_t from, const RunDescription& description, hid_t to)
      : from_(from), to_(to), description_(description) {}

  void run() {
    make_layout_like_the_newest();
    if (hdf5::has_attribute(from_, "description_sha256")) {
      hdf5::write_attribute(to_, "description_sha256", hdf5::read_digest_attribute(from_, "description_sha256"));
    }
    for (const char* name : {"notes", "slimmed"}) {  // of before the run went on
      if (hdf5::has_attribute(from_, name)) {
        hdf5::replace_attribute(to_, name, hdf5::read_texts_attribute(from_, name));
      }
    }
    for (const Cadence& cadence : description_.cadences) {
      copy(cadence);
    }
    for (const SampleSeries& series : description_.samples) {
      copy(series);
    }
    for (const TensorSeries& series : description_.tensors) {
      copy(series);
    }
    for (size_t i = 0; i < description_.foreign.size(); ++i) {
      copy_foreign(i);
    }
    write_dropped_checkpoints(to_, read_dropped_checkpoints(from_));
    for (const int64_t step : read_kept_steps(from_)) {
      make_checkpoint(to_, kept_path(step), description_);
      copy_checkpoint(kept_path(step), kept_path(step), {});
    }
    if (newest_sequence_ > 0) {
      copy_checkpoint(slot_of(newest_sequence_), slot_of(1), 1);
    }
    copy_best();
    copy_final();
  }

 private:
  // No checkpoint is kept in memory for longer than it must be: it may be most of what the run needs.
  void make_layout_like_the_newest() {
    std::optional<Weights> newest;
    if (std::optional<Checkpoint> checkpoint = read_newest_checkpoint(from_, description_)) {
      newest_sequence_ = checkpoint->sequence;
      newest = std::move(checkpoint->weights);
    }
    const auto is_the_newest = [&](const std::string& path) {
      SealedReader group(hdf5::open_group(from_, path));
      return newest && group.sequence() > 0 && same(read_weights(group, "weights/", description_), *newest);
    };
    make_layout(to_, description_, {is_the_newest("best"), is_the_newest("final")});
  }

  void copy(const Cadence& cadence) {
    const CadenceRows old(from_, cadence);
    CadenceRows rows(to_, cadence);
    constexpr int64_t most = 4096;
    std::vector<double> values(old.metrics());
    for (int64_t first = 0; first < old.rows(); first += most) {
      const CadenceBlock block = old.read(first, std::min(most, old.rows() - first));
      for (size_t row = 0; row < block.steps.size(); ++row) {
        for (size_t i = 0; i < values.size(); ++i) {
          values[i] = block.columns[i + 1][row];
        }
        rows.append(block.steps[row], block.columns.front()[row], values, block.columns[values.size() + 1][row],
                    block.columns[values.size() + 2][row]);
      }
    }
    rows.drain();
  }

  void copy(const SampleSeries& series) {
    copy_dropped_rows("samples/" + series.name);
    const SampleStack old(from_, series);
    SampleStack rows(to_, series);
    const auto elements = static_cast<size_t>(old.stack().row_elements());
    for (int64_t row = 0; row < old.stack().rows(); ++row) {
      const std::vector<std::byte> values = old.stack().row_bytes(row);
      rows.append(old.stack().step_of(row), values.data(), elements, old.texts_of(row));
    }
  }

  void copy(const TensorSeries& series) {
    const std::string group = "tensors/" + series.name;
    copy_dropped_rows(group);
    const Stack old(hdf5::open_group(from_, group), "values", hdf5::Type::f32);
    Stack rows(hdf5::open_group(to_, group), "values", hdf5::Type::f32);
    const auto elements = static_cast<size_t>(old.row_elements());
    for (int64_t row = 0; row < old.rows(); ++row) {
      const std::vector<std::byte> values = old.row_bytes(row);
      rows.append(old.step_of(row), values.data(), elements);
    }
  }

  void copy_dropped_rows(const std::string& series) {
    const DroppedRows dropped = read_dropped_rows(hdf5::open_group(from_, series));
    if (dropped.rows > 0) {
      write_dropped_rows(hdf5::open_group(to_, series), dropped);
    }
  }

  void copy_foreign(size_t index) {
    const std::string path = foreign_path(index);
    SealedReader old(hdf5::open_group(from_, path));
    if (old.sequence() == 0) {
      return;
    }
    const std::vector<NamedTensor> weights = old.arrays("weights", description_.foreign[index].weights);
    check(path, old.verify());
    SealedWriter group(hdf5::open_group(to_, path));
    group.arrays("weights", views_of(weights));
    group.seal(old.step(), old.sequence());
  }

  void copy_best() {
    SealedReader old(hdf5::open_group(from_, "best"));
    if (old.sequence() == 0) {
      return;
    }
    const auto value = old.scalars<double>("summary", {"value"});
    const Weights weights = read_weights(old, "weights/", description_);
    check("best", old.verify());
    SealedWriter group(hdf5::open_group(to_, "best"));
    group.scalars<double>("summary", {"value"}, value);
    write(group, "weights/", weights);
    group.seal(old.step(), old.sequence());
  }

  void copy_checkpoint(const std::string& from, const std::string& to, std::optional<int64_t> sequence) {
    const std::optional<Checkpoint> checkpoint = read_checkpoint(from_, from, description_);
    check(from, checkpoint.has_value());
    const std::optional<History> history = read_history(hdf5::open_group(from_, from), description_);
    SealedWriter group(hdf5::open_group(to_, to));
    runlog::write_checkpoint(group, description_,
                             {checkpoint->step,
                              {views_of(checkpoint->weights.parameters), views_of(checkpoint->weights.state)},
                              views_of(checkpoint->optimizer),
                              checkpoint->trainer});
    if (history) {
      group.history(*history);
    }
    group.seal(checkpoint->step, sequence.value_or(checkpoint->sequence));
  }

  void copy_final() {
    SealedReader old(hdf5::open_group(from_, "final"));
    if (old.sequence() == 0) {
      return;
    }
    const auto summary = old.scalars<double>("summary", description_.summary);
    const Weights weights = read_weights(old, "weights/", description_);
    const std::optional<History> history = old.history(description_);
    check("final", old.verify());
    SealedWriter group(hdf5::open_group(to_, "final"));
    group.scalars("summary", description_.summary, summary);
    write(group, "weights/", weights);
    if (history) {
      group.history(*history);
    }
    group.seal(old.step(), old.sequence());
  }

  static void check(const std::string& path, bool whole) {
    if (!whole) {
      throw hdf5::Failure(fmt::format("{} is damaged: its hash differs from what was written", path));
    }
  }

  void write(SealedWriter& group, const std::string& prefix, const Weights& weights) {
    runlog::write_weights(group, prefix, {views_of(weights.parameters), views_of(weights.state)});
  }

  static bool same(const Weights& a, const Weights& b) {
    const auto equal = [](const NamedTensor& x, const NamedTensor& y) {
      return x.value.bytes() == y.value.bytes() &&
             std::memcmp(x.value.storage.data(), y.value.storage.data(), x.value.bytes()) == 0;
    };
    return std::ranges::equal(a.parameters, b.parameters, equal) && std::ranges::equal(a.state, b.state, equal);
  }

  hid_t from_, to_;
  const RunDescription& description_;
  int64_t newest_sequence_ = 0;  // of the checkpoint; 0 where there is none
};

}  // namespace

void write_compact(hid_t from, const RunDescription& description, hid_t to) {
  Compaction(from, description, to).run();
}

}  // namespace atelier::runlog
