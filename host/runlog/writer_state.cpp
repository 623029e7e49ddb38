#include "runlog/writer_state.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runlog/checkpoints.hpp"

namespace atelier::runlog {

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
  file = open_log(log, access);
  description = read_description(file);
  const auto newest = read_newest_checkpoint(file, description);
  checkpoints = newest ? newest->sequence : 0;
  open_series();
}

void Writer::State::go_on_after(int64_t step) {
  const auto truncate = [step](auto& all) {
    for (auto& [name, series] : all) {
      series.truncate(step);
    }
  };
  truncate(tables);
  truncate(samples);
  truncate(tensors);
  const SealedWriter unfinished(hdf5::open_group(file, "final"));
  write_status(file, Status::running, "");
}

void Writer::State::flush() {
  struct stat now {};
  if (fstat(hdf5::descriptor_of(file), &now) == 0 && now.st_nlink == 0) {
    throw hdf5::Failure("the file has been removed");
  }
  for (auto& [name, table] : tables) {
    table.drain();
  }
  reserved = hdf5::reserve_space(file, reserved);
  hdf5::check(H5Fflush(file, H5F_SCOPE_LOCAL));
  kept_step = newest_step;
  flushed = Clock::now();
}

// A flush hands the bytes to the system, which survives our end; this hands them to the disk.
void Writer::State::sync() const {
  if (fsync(hdf5::descriptor_of(file)) != 0) {
    throw hdf5::Failure(std::strerror(errno));
  }
}

// The seal is broken in the file before anything is overwritten, and whole only after everything is there.
void Writer::State::replace(const std::string& group_path, int64_t step, int64_t sequence,
                            const std::function<void(SealedWriter&)>& write) {
  SealedWriter group(hdf5::open_group(file, group_path));
  flush();
  write(group);
  flush();
  sync();
  newest_step = std::max(newest_step, step);
  group.seal(step, sequence);
  flush();
  sync();
}

void Writer::State::close() {
  flush();
  sync();
  tables.clear();
  samples.clear();
  tensors.clear();
  hdf5::check(H5Fclose(file.release()));
  watched.reset();
  lock.reset();
}

void Writer::State::be_open() {
  watched.emplace(this, [](void* writer, const char* reason) {
    auto& state = *static_cast<State*>(writer);
    try {
      write_status(state.file, Status::failed, reason);
      state.close();
      return true;
    } catch (const std::exception&) {  // the log stays as its last flush left it
      return false;
    }
  });
}

// Drops the open file as it is on disk. What HDF5 still holds is lost: to write it out is what has just failed.
void Writer::State::let_go() noexcept {
  watched.reset();
  const bool detached = hdf5::detach(file);
  tables.clear();
  samples.clear();
  tensors.clear();
  if (detached) {
    file.close();
  } else {
    file.release();
  }
  lock.reset();
}

}  // namespace atelier::runlog
