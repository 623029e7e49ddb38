#include "runlog/slim.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "runlog/checkpoints.hpp"
#include "runlog/copy.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/edit.hpp"
#include "runlog/forked_process.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/journal.hpp"
#include "runlog/layout.hpp"
#include "runlog/locks.hpp"
#include "runlog/slim_file.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;
using hdf5::Fate;
using hdf5::Handle;

constexpr std::array names{"optimizer-slots", "checkpoints", "kept", "samples", "tensors"};

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
    if (in_slot && words.size() > 3 && drops(Part::checkpoints)) {
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

// Where checkpoints can be.
std::vector<std::string> checkpoint_paths(hid_t file) {
  std::vector<std::string> paths{slot_of(1), slot_of(2)};
  if (hdf5::has(file, "kept")) {
    for (const std::string& name : hdf5::children(hdf5::open_group(file, "kept"))) {
      paths.push_back("kept/" + name);
    }
  }
  return paths;
}

// What was sealed is sealed anew without what was dropped; the first seal stays beside it. A checkpoint that is not
// what its seal says counts for nothing.
void seal_anew(hid_t from, hid_t to, const RunDescription& before, const Choice& choice) {
  const RunDescription after = read_description(to);
  for (const std::string& path : checkpoint_paths(to)) {
    const bool slot = path.starts_with("checkpoints/");
    if (read_sequence(hdf5::open_group(to, path)) == 0) {
      continue;
    }
    if ((slot && choice.drops(Part::checkpoints)) || !is_whole(from, path, before)) {
      const SealedWriter broken(hdf5::open_group(to, path));
    } else if (choice.drops(Part::optimizer_slots)) {
      renew_seal(to, path, after);
    }
  }
}

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
  hdf5::copy_objects(from.file, to, fate_of, limit_computing);
  if (choice.found().empty()) {
    throw hdf5::Failure(fmt::format("it has nothing of this to drop: {}", fmt::join(parts_text(parts), ", ")));
  }
  commit();
  hdf5::compare_copy(from.file, to, fate_of);
  seal_anew(from.file, to, description, choice);
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
    rehearse([&] { write_slimmed(log, made, parts, utc); });
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
  return names.at(static_cast<size_t>(part));
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
