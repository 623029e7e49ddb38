#include "runlog/slim.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "runlog/checkpoints.hpp"
#include "runlog/copy.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/dropped.hpp"
#include "runlog/edit.hpp"
#include "runlog/forked_process.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/journal.hpp"
#include "runlog/layout.hpp"
#include "runlog/locks.hpp"
#include "runlog/sample_stack.hpp"
#include "runlog/series.hpp"
#include "runlog/slim_file.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;
using hdf5::Fate;
using hdf5::Handle;

constexpr std::array part_names{"optimizer-slots", "checkpoints", "kept", "samples", "tensors"};

std::vector<std::string> words_of(const std::string& path) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    words.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// Of weights, which a model is looked at with: they lie beside what optimizers keep.
bool is_average(const std::string& slot) {
  return slot.ends_with(".average");
}

// The groups of the two newest checkpoints, where there are some: their datasets are there from the beginning.
std::set<std::string> written_slots(hid_t file) {
  std::set<std::string> slots{slot_of(1), slot_of(2)};
  std::erase_if(slots, [&](const std::string& slot) { return read_sequence(hdf5::open_group(file, slot)) == 0; });
  return slots;
}

// What becomes of each object, and which parts that is of.
class Choice {
 public:
  Choice(const std::vector<Part>& parts, std::set<std::string> slots)
      : parts_(parts.begin(), parts.end()), slots_(std::move(slots)) {}

  Fate fate_of(const std::string& path, int64_t rows) {
    const std::vector<std::string> words = words_of(path);
    const bool in_slot = words.front() == "checkpoints" && words.size() > 2;
    const bool in_kept = words.front() == "kept" && words.size() > 1;
    const bool is_unwritten = in_slot && !slots_.contains(words[0] + "/" + words[1]);
    if (in_kept && drops(Part::kept)) {
      return found(Part::kept, Fate::gone);
    }
    const bool in_optimizer = (in_slot || in_kept) && words.size() == 4 && words[2] == "optimizer";
    if (in_optimizer && !is_average(words[3]) && drops(Part::optimizer_slots)) {
      return is_unwritten ? Fate::gone : found(Part::optimizer_slots, Fate::gone);
    }
    const bool is_array = words.size() == 4 && (words[2] == "parameters" || words[2] == "state" || in_optimizer);
    if (in_slot && is_array && drops(Part::checkpoints)) {
      return is_unwritten ? Fate::unwritten : found(Part::checkpoints, Fate::unwritten);
    }
    if (words.front() == "samples" && rows > 1 && drops(Part::samples)) {
      return found(Part::samples, Fate::last_row);
    }
    if (words.front() == "tensors" && rows > 0 && drops(Part::tensors)) {
      return found(Part::tensors, Fate::no_rows);
    }
    return Fate::whole;
  }
  [[nodiscard]] bool drops(Part part) const { return parts_.contains(part); }
  [[nodiscard]] std::vector<std::string> found() const {
    std::vector<std::string> out;
    std::ranges::transform(found_, std::back_inserter(out), [](Part part) { return to_string(part); });
    return out;
  }

 private:
  Fate found(Part part, Fate fate) {
    found_.insert(part);
    return fate;
  }
  std::set<Part> parts_, found_;
  std::set<std::string> slots_;
};

// The hashes of what is gone stay in the new log, so that its own still hold (dropped.hpp).
class Hashes {
 public:
  // `log`: the file whose length says how long it may take.
  Hashes(const fs::path& log, hid_t from, hid_t to, const RunDescription& description, const Choice& choice)
      : log_(log), from_(from), to_(to), description_(description), choice_(choice) {}

  void leave() {
    if (choice_.drops(Part::kept)) {
      leave_kept();
    }
    for (const int64_t step : read_kept_steps(to_)) {
      leave_arrays(kept_path(step), false);
    }
    const std::optional<History> newest = newest_history();
    for (const int64_t sequence : {1, 2}) {
      leave_arrays(slot_of(sequence), true);
    }
    const std::vector<std::string> series = names_of_series(description_);
    for (size_t i = 0; i < series.size(); ++i) {
      leave_rows(series[i], newest ? newest->rows[i] : std::numeric_limits<int64_t>::max());
    }
  }

 private:
  void leave_kept() {
    std::vector<DroppedCheckpoint> dropped = read_dropped_checkpoints(from_);
    for (const int64_t step : read_kept_steps(from_)) {
      const Handle group = hdf5::open_group(from_, kept_path(step));
      if (!is_of_earlier_version(group)) {
        dropped.push_back({step, read_contents_hash(group)});
      }
    }
    write_dropped_checkpoints(to_, dropped);
  }

  // A checkpoint that is not what its seal says counts for nothing.
  void leave_arrays(const std::string& path, bool is_slot) {
    const Handle group = hdf5::open_group(to_, path);
    const DroppedSeal seal{hdf5::read_integer_attribute(group, "step"), read_sequence(group)};
    const bool without_weights = is_slot && choice_.drops(Part::checkpoints);
    if (seal.sequence == 0 || (!without_weights && !choice_.drops(Part::optimizer_slots))) {
      return;
    }
    limit_computing(log_);
    const std::optional<Contents> contents = contents_of(from_, path, description_);
    SealedWriter broken(hdf5::open_group(to_, path));
    if (!contents) {
      return;
    }
    write_dropped_items(group, gone_of(contents->items(), without_weights));
    if (without_weights) {
      write_dropped_seal(group, seal);
    } else {
      broken.seal_again(*contents, seal.step, seal.sequence);
    }
  }

  static std::vector<DroppedItem> gone_of(const std::vector<Contents::Item>& items, bool without_weights) {
    std::vector<DroppedItem> gone;
    for (size_t i = 0; i < items.size(); ++i) {
      const std::string& path = items[i].path;
      const bool is_slot = path.starts_with("optimizer/") && !is_average(path);
      const bool is_array =
          path.starts_with("parameters/") || path.starts_with("state/") || path.starts_with("optimizer/");
      if (path.empty() || is_slot || (without_weights && is_array)) {
        gone.push_back({static_cast<int64_t>(i), items[i].digest});
      }
    }
    return gone;
  }

  // What the checkpoint that the run goes on from knows; of one that has ended, its result.
  [[nodiscard]] std::optional<History> newest_history() const {
    const Handle final = hdf5::open_group(from_, "final");
    if (read_sequence(final) > 0) {
      return read_history(final, description_);
    }
    std::optional<Checkpoint> newest;
    try {
      newest = read_newest_checkpoint(from_, description_);
    } catch (const hdf5::Failure&) {  // they are damaged
    }
    return newest ? read_history(hdf5::open_group(from_, slot_of(newest->sequence)), description_) : std::nullopt;
  }

  // No more than the newest checkpoint knows of: what comes after it the run makes again.
  void leave_rows(const std::string& series, int64_t most) {
    const bool samples = series.starts_with("samples/") && choice_.drops(Part::samples);
    const bool tensors = series.starts_with("tensors/") && choice_.drops(Part::tensors);
    if (!samples && !tensors) {
      return;
    }
    const std::string name = series.substr(series.find('/') + 1);
    const auto leave = [&](auto& stack, const Stack& rows, int64_t keep) {
      const int64_t gone =
          std::min(rows.rows() - std::min(rows.rows(), keep), std::max<int64_t>(most - rows.dropped(), 0));
      limit_computing(log_);
      for (int64_t row = 0; row < gone; ++row) {
        stack.hash_row_in_file(row);
      }
      if (rows.dropped() + gone > 0) {
        write_dropped_rows(hdf5::open_group(to_, series), {rows.dropped() + gone, rows.hash().digest()});
      }
    };
    if (samples) {
      SampleStack stack(from_, *std::ranges::find(description_.samples, name, &SampleSeries::name));
      leave(stack, stack.stack(), 1);
    } else {
      Stack stack(hdf5::open_group(from_, series), "values", hdf5::Type::f32);
      leave(stack, stack, 0);
    }
  }

  const fs::path& log_;
  hid_t from_, to_;
  const RunDescription& description_;
  const Choice& choice_;
};

// In a process of its own.
void write_slimmed(const fs::path& log, const fs::path& made, const std::vector<Part>& parts, const std::string& utc) {
  const OpenLogFile from = open_log(log, Access::read);
  const RunDescription description = read_description(from.file);
  const std::unique_ptr<Storage> storage = Storage::create(made);
  Handle to = hdf5::create_file(*storage);
  const auto commit = [&] {
    hdf5::check(H5Fflush(to, H5F_SCOPE_LOCAL));
    storage->commit();
  };
  Choice choice(parts, written_slots(from.file));
  const hdf5::FateOf fate_of = [&](const std::string& path, int64_t rows) { return choice.fate_of(path, rows); };
  hdf5::copy_objects(from.file, to, fate_of);
  if (choice.found().empty()) {
    throw hdf5::Failure(fmt::format("it has nothing of this to drop: {}", fmt::join(parts_text(parts), ", ")));
  }
  commit();
  hdf5::compare_copy(from.file, to, fate_of);
  Hashes(log, from.file, to, description, choice).leave();
  std::vector<std::string> lines =
      hdf5::has_attribute(to, "slimmed") ? hdf5::read_texts_attribute(to, "slimmed") : std::vector<std::string>();
  lines.push_back(fmt::format("{} {}", utc, fmt::join(choice.found(), ", ")));
  hdf5::replace_attribute(to, "slimmed", lines);
  commit();
  hdf5::check(H5Fclose(to.release()));
  storage->commit();  // what closing it has changed
  storage->close();
  if (from.storage->has_changed()) {
    throw hdf5::Failure("it was written meanwhile");
  }
}

SlimOutcome make(const fs::path& log, const std::vector<Part>& parts, const fs::path& target) {
  const fs::path made = target.string() + ".slim";
  std::error_code ignored;
  fs::remove(made, ignored);  // of a process that was killed
  try {
    hdf5::prepare();
    const std::string utc = utc_now();
    rehearse(log, [&] { write_slimmed(log, made, parts, utc); });
    const SlimOutcome outcome{fs::file_size(log), fs::file_size(made)};
    fs::permissions(made, fs::status(log).permissions());
    fs::rename(made, target);
    sync_folder(target.parent_path());
    return outcome;
  } catch (const std::exception& failure) {
    fs::remove(made, ignored);
    throw Error(ErrorKind::file, "{}: cannot be made smaller: {}", log.string(), std::string(failure.what()));
  }
}

}  // namespace

std::string to_string(Part part) {
  return part_names.at(static_cast<size_t>(part));
}

std::vector<std::string> parts_text(const std::vector<Part>& parts) {
  std::vector<std::string> out;
  std::ranges::transform(parts, std::back_inserter(out), [](Part part) { return to_string(part); });
  return out;
}

bool dropped(const std::vector<Slimming>& slimmed, Part part) {
  return std::ranges::any_of(slimmed, [&](const Slimming& one) {
    return (", " + one.parts + ",").find(", " + to_string(part) + ",") != std::string::npos;
  });
}

std::vector<Slimming> read_slimmed(hid_t file) {
  std::vector<Slimming> slimmed;
  if (hdf5::has_attribute(file, "slimmed")) {
    for (const std::string& line : hdf5::read_texts_attribute(file, "slimmed")) {
      const size_t space = std::min(line.find(' '), line.size());
      slimmed.push_back({line.substr(0, space), line.substr(std::min(space + 1, line.size()))});
    }
  }
  return slimmed;
}

SlimOutcome slim(const fs::path& log, const std::vector<Part>& parts, const fs::path& output) {
  const bool in_place = output.empty();
  if (!in_place && fs::exists(output)) {
    throw Error(ErrorKind::file, "{}: is there already, expected a new file", output.string());
  }
  if (in_place) {
    edit_log(log, "made smaller", {});  // no journal is left that is of the old file
    const Lock lock(log);
    if (fs::exists(journal_path(log))) {
      throw Error(ErrorKind::file, "{}: cannot be made smaller: another process has written it meanwhile",
                  log.string());
    }
    return make(log, parts, fs::canonical(log));
  }
  if (const auto holder = holder_of(log)) {
    throw Error(ErrorKind::file, "{}: is being written by process {} on {}", log.string(), holder->process,
                holder->host);
  }
  return make(log, parts, output);
}

}  // namespace atelier::runlog
