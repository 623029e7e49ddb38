// Inside this room only: an open log as its writer has it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/last_words.hpp"
#include "runlog/layout.hpp"
#include "runlog/locks.hpp"
#include "runlog/sample_stack.hpp"
#include "runlog/sealed_group.hpp"
#include "runlog/series.hpp"
#include "runlog/storage.hpp"
#include "runlog/writer.hpp"

namespace atelier::runlog {

struct Writer::State {
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds flush_period{1};
  template <typename Series>
  using ByName = std::map<std::string, Series, std::less<>>;

  std::filesystem::path path;
  std::filesystem::path unfinished;  // a file that is to have the log's name: the log's own until its first flush
  std::optional<Lock> lock;          // none: closed or abandoned
  std::unique_ptr<Storage> storage;
  hdf5::Handle file;  // ends before its storage
  RunDescription description;
  ByName<CadenceRows> tables;
  ByName<SampleStack> samples;
  ByName<Stack> tensors;
  int64_t checkpoints = 0;                 // the sequence number of the newest
  std::vector<DroppedCheckpoint> dropped;  // that had stayed
  std::vector<int64_t> kept;               // the steps of checkpoints that stay
  int64_t newest_step = -1;                // of what was given to us
  int64_t kept_step = -1;                  // of what a flush has brought into the file
  Clock::time_point flush_due = Clock::now() + flush_period;
  std::optional<History> newest_history;  // of the checkpoint that the log was opened with
  std::optional<BestWeights> best;        // that is to be written
  std::optional<std::string> finished;    // the run is, and its exit reason
  std::optional<Error> failure;
  std::optional<OpenLog> watched;  // from when the file is a log until it is closed

  void open(const std::filesystem::path& log, Access access);
  void open_series();
  void go_on_after(int64_t step);
  [[nodiscard]] History history() const;
  [[nodiscard]] int64_t last_kept() const;  // its step, whether it stays or was dropped; -1 for none
  void expect_lock() const;                 // hdf5::Failure where another process has taken it
  void commit();
  void flush();
  void give_name();
  void write_best();
  void write_slot(const CheckpointView& checkpoint);
  void write_kept(const CheckpointView& checkpoint);
  void replace(const std::string& path, int64_t step, int64_t sequence,
               const std::function<void(SealedWriter&)>& write);
  void let_go() noexcept;
  void close();
  void write_compact_log();
  void be_open();  // to a process that dies
};

}  // namespace atelier::runlog
