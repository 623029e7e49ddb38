#include "runlog/chain_reader.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "runlog/checkpoints.hpp"
#include "runlog/dropped.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog/sample_stack.hpp"
#include "runlog/series.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;

struct Link {
  std::string path;
  int64_t step = 0;
  int64_t due = 0;  // an evaluation that it has still before it may renew the best weights
  Sha256::Digest seal{};
  History history;
};

// The series of a log, hashed row after row.
class Series {
  template <typename Self, typename Use>
  static decltype(auto) of(Self& self, size_t i, Use&& use) {
    if (i < self.tables_.size()) {
      return use(self.tables_[i]);
    }
    i -= self.tables_.size();
    return i < self.samples_.size() ? use(self.samples_[i]) : use(self.tensors_[i - self.samples_.size()]);
  }
  static int64_t dropped_of(const CadenceRows&) { return 0; }
  static int64_t dropped_of(const SampleStack& series) { return series.stack().dropped(); }
  static int64_t dropped_of(const Stack& series) { return series.dropped(); }
  static int64_t rows_in(const CadenceRows& series) { return series.rows(); }
  static int64_t rows_in(const SampleStack& series) { return series.stack().rows(); }
  static int64_t rows_in(const Stack& series) { return series.rows(); }
  static const RowsHash& hash_of(const CadenceRows& series) { return series.hash(); }
  static const RowsHash& hash_of(const SampleStack& series) { return series.stack().hash(); }
  static const RowsHash& hash_of(const Stack& series) { return series.hash(); }
  static void hash(CadenceRows& series, int64_t first, int64_t count) { series.hash_rows_in_file(first, count); }
  template <typename Rows>
  static void hash(Rows& series, int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; ++row) {
      series.hash_row_in_file(row);
    }
  }

 public:
  Series(hid_t file, const RunDescription& description) : names_(names_of_series(description)) {
    for (const Cadence& cadence : description.cadences) {
      tables_.emplace_back(file, cadence);
    }
    for (const SampleSeries& series : description.samples) {
      samples_.emplace_back(file, series);
    }
    for (const TensorSeries& series : description.tensors) {
      tensors_.emplace_back(hdf5::open_group(file, "tensors/" + series.name), "values", hdf5::Type::f32);
    }
  }

  [[nodiscard]] size_t count() const { return names_.size(); }
  [[nodiscard]] const std::string& name(size_t i) const { return names_[i]; }
  // Of which the first are gone.
  [[nodiscard]] int64_t dropped(size_t i) const {
    return of(*this, i, [](const auto& series) { return dropped_of(series); });
  }
  [[nodiscard]] int64_t rows(size_t i) const {
    return of(*this, i, [](const auto& series) { return dropped_of(series) + rows_in(series); });
  }

  // Up to so many rows, of which it has as many, and no fewer than are gone.
  const RowsHash& hash_until(size_t i, int64_t rows) {
    return of(*this, i, [&](auto& series) -> const RowsHash& {
      const int64_t first = hash_of(series).rows();
      hash(series, first - dropped_of(series), std::max<int64_t>(rows - first, 0));
      return hash_of(series);
    });
  }

  [[nodiscard]] std::vector<std::string> stale_previews() const {
    std::vector<std::string> names;
    for (const SampleStack& series : samples_) {
      if (!series.preview_is_of_newest()) {
        names.push_back("samples/" + series.series().name);
      }
    }
    return names;
  }

 private:
  std::vector<std::string> names_;
  std::vector<CadenceRows> tables_;
  std::vector<SampleStack> samples_;
  std::vector<Stack> tensors_;
};

class ChainReader {
 public:
  ChainReader(const LogFile& log, hid_t file) : log_(log), description_(log.description()), file_(file) {}

  Chain read() {
    chain_.there =
        hdf5::has_attribute(file_, "description_sha256") && !is_of_earlier_version(hdf5::open_group(file_, "final"));
    if (!chain_.there) {
      return chain_;
    }
    if (hdf5::read_digest_attribute(file_, "description_sha256") != digest_of(description_)) {
      fault("/experiment, /provenance or /data: not what was known when the run began");
    }
    gather_dropped();
    gather_links();
    follow_rows();
    follow_checkpoints();
    check_weights();
    return chain_;
  }

 private:
  void fault(std::string text) { chain_.faults.push_back(std::move(text)); }

  void gather_dropped() {
    attempt("dropped", [&] {
      const std::vector<DroppedCheckpoint> dropped = read_dropped_checkpoints(file_);
      const std::vector<Sha256::Digest> seals = seals_of(dropped);
      for (size_t i = 0; i < dropped.size(); ++i) {
        kept_.push_back({dropped[i].step, seals[i]});
      }
      say_dropped(std::ssize(dropped), "kept checkpoints");
    });
  }

  void say_dropped(int64_t count, const std::string& what) {
    if (count > 0) {
      chain_.dropped += fmt::format("{}{} {}", chain_.dropped.empty() ? "" : ", ", count, what);
    }
  }

  void say_dropped_items(hid_t checkpoint, bool is_there) {
    attempt("dropped", [&] {
      weights_gone_ += is_there ? 0 : 1;
      slots_gone_ += is_there ? std::ssize(read_dropped_items(checkpoint)) : 0;
    });
  }

  // Of all series of a kind, "samples/" or "tensors/".
  void say_dropped_rows(const Series& series, const std::string& kind) {
    int64_t rows = 0;
    for (size_t i = 0; i < series.count(); ++i) {
      rows += series.name(i).starts_with(kind + "/") ? series.dropped(i) : 0;
    }
    say_dropped(rows, "rows of " + kind);
  }

  void add_checkpoint(const std::string& path) {
    const Handle group = hdf5::open_group(file_, path);
    const bool is_there = read_sequence(group) > 0;
    if (!is_there && !read_dropped_seal(group)) {
      if (path.starts_with("kept/")) {
        fault(fmt::format("{}: holds nothing", path));
      }
      return;
    }
    say_dropped_items(group, is_there);
    std::optional<History> history;
    const std::optional<Checkpoint> checkpoint = is_there
                                                     ? read_checkpoint(file_, path, description_, &history)
                                                     : read_dropped_checkpoint(file_, path, description_, &history);
    if (!checkpoint || !history) {
      return fault(fmt::format("{}: damaged: its hash differs from what was written", path));
    }
    const auto due = checkpoint->trainer.counters.find("due");
    links_.push_back({path, checkpoint->step, due == checkpoint->trainer.counters.end() ? 0 : due->second,
                      hdf5::read_digest_attribute(group, "sha256"), *history});
  }

  void gather_links() {
    for (const int64_t step : read_kept_steps(file_)) {
      add_checkpoint(kept_path(step));
      kept_.push_back({step, read_seal(hdf5::open_group(file_, kept_path(step)))});
    }
    for (const int64_t sequence : {1, 2}) {
      add_checkpoint(slot_of(sequence));
    }
    std::ranges::stable_sort(links_, {}, [&](const Link& link) { return std::pair(link.step, rows_of(link)); });
    attempt("final", [&] {
      if (const std::optional<FinalResult> final = log_.final_result()) {
        const Handle group = hdf5::open_group(file_, "final");
        if (const std::optional<History> history = read_history(group, description_)) {
          links_.push_back({"final", final->step, 0, read_seal(group), *history});
        } else {
          fault("final: its hashes are missing");
        }
      }
    });
    say_dropped(weights_gone_, "of the newest checkpoints");
    say_dropped(slots_gone_, "arrays of optimizers");
    chain_.links = std::ssize(links_);
    const bool finished = log_.status() == Status::finished;
    if (links_.empty() || (finished && read_sequence(hdf5::open_group(file_, "final")) == 0)) {
      fault(links_.empty() ? "checkpoints: there are none, nor a final result"
                           : "final: is not there, and the run is finished");
    }
    const Handle newest = hdf5::open_group(file_, slot_of(1));
    if (finished && read_sequence(newest) == 0 && !read_dropped_seal(newest)) {
      fault("checkpoints/a: is not there, and the run is finished");
    }
  }

  [[nodiscard]] static int64_t rows_of(const Link& link) {
    return std::accumulate(link.history.rows.begin(), link.history.rows.end(), int64_t{0});
  }

  // A series that is not as it was is named once.
  void follow_rows() {
    Series series(file_, description_);
    say_dropped_rows(series, "samples");
    say_dropped_rows(series, "tensors");
    int64_t all = 0;
    for (size_t i = 0; i < series.count(); ++i) {
      attempt(series.name(i), [&] { follow_rows_of(series, i); });
      all += series.rows(i);
    }
    if (!links_.empty()) {
      chain_.rows = rows_of(links_.back());
      chain_.step = links_.back().step;
      chain_.head = Sha256::text_of(links_.back().seal);
    }
    chain_.later_rows = std::max<int64_t>(all - chain_.rows, 0);
    if (chain_.later_rows > 0 && links_.back().path == "final") {
      fault(fmt::format("{} rows were added after the run had finished", chain_.later_rows));
    }
    attempt("samples", [&] {
      for (const std::string& name : series.stale_previews()) {
        fault(name + "/preview: not the picture of the newest samples");
      }
    });
  }

  void follow_rows_of(Series& series, size_t i) {
    int64_t sound = series.dropped(i);
    for (const Link& link : links_) {
      const int64_t rows = link.history.rows[i];
      if (rows < series.dropped(i)) {
        continue;  // what it knew of is gone; the next that knows of more says what the hash over that was
      }
      if (rows > series.rows(i)) {
        return fault(fmt::format("{}: has {} rows, and had {} ({})", series.name(i), series.rows(i), rows, link.path));
      }
      if (series.hash_until(i, rows).digest() != link.history.digests[i]) {
        return fault(rows == series.dropped(i)
                         ? fmt::format("{}: the hash over the {} rows that were dropped is not what it was ({})",
                                       series.name(i), rows, link.path)
                         : fmt::format("{}: rows {} to {}, counted from 0, are not as they were written ({})",
                                       series.name(i), sound, rows - 1, link.path));
      }
      sound = rows;
    }
  }

  // Each names the one that was kept before; one of the same step may have been written before that or after.
  void follow_checkpoints() {
    for (const Link& link : links_) {
      const bool stays = link.path.starts_with("kept/");
      if (link.history.previous != kept_until(link.step - 1) &&
          (stays || link.history.previous != kept_until(link.step))) {
        fault(fmt::format("{}: the checkpoint that was kept before it is gone, or another one", link.path));
      }
    }
  }

  // The newest of no later step; zeros where there is none.
  [[nodiscard]] Sha256::Digest kept_until(int64_t step) const {
    const auto after = std::ranges::upper_bound(kept_, step, {}, &Kept::step);
    return after == kept_.begin() ? Sha256::Digest{} : std::prev(after)->seal;
  }

  void check_weights() {
    attempt("best", [&] {
      const std::optional<BestWeights> best = log_.best();
      const Link* const last = links_.empty() ? nullptr : &links_.back();
      if (last == nullptr || (best && (best->step > last->step || (best->step == last->step && last->due != 0)))) {
        return;
      }
      if (last->history.best != read_seal(hdf5::open_group(file_, "best"))) {
        fault(fmt::format("best: not what it was at step {} ({})", last->step, last->path));
      }
    });
    for (size_t i = 0; i < description_.foreign.size(); ++i) {
      attempt(foreign_path(i), [&] { (void)log_.foreign_weights(i); });
    }
  }

  template <typename Action>
  void attempt(const std::string& what, Action&& action) {
    try {
      action();
    } catch (const hdf5::Failure& failure) {
      fault(fmt::format("{}: {}", what, failure.what()));
    }
  }

  const LogFile& log_;
  const RunDescription& description_;
  hid_t file_;
  Chain chain_;
  std::vector<Link> links_;  // in the order in which they were written
  int64_t weights_gone_ = 0, slots_gone_ = 0;
  struct Kept {
    int64_t step;
    Sha256::Digest seal;
  };
  std::vector<Kept> kept_;
};

}  // namespace

Chain read_chain(const LogFile& log, hid_t file) {
  return ChainReader(log, file).read();
}

}  // namespace atelier::runlog
