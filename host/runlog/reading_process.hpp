// Inside this room only: a LogFile in a process of its own (forked_process.hpp), which is asked by requests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "runlog/annotations.hpp"
#include "runlog/forked_process.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/headings.hpp"
#include "runlog/run_rows.hpp"
#include "runlog/slim.hpp"
#include "runlog/transfer.hpp"

namespace atelier::runlog {

// Which function of LogFile, and its arguments; `open` is asked first. Or the heading, or the rows, of any log, whose
// path is the name.
struct Request {
  enum class What {
    heading,
    run_rows,
    open,
    cadence,
    sample_steps,
    sample_row,
    sample_values,
    sample_texts,
    tensor_steps,
    tensor_row,
    foreign_weights,
    newest_checkpoint,
    best,
    final_result,
    kept_steps,
    kept_checkpoint,
    chain
  };
  What what;
  std::string name{};
  int64_t index = 0;                 // of a row, of a foreign run, or a step
  std::vector<std::string> names{};  // of metrics, of run_rows
};

struct Opened {
  RunDescription description;
  Status status = Status::running;
  std::string exit_reason;
  std::vector<Note> notes;
  std::vector<Slimming> slimmed;
};
inline auto fields(Request& of) {
  auto& [what, name, index, names] = of;
  return std::tie(what, name, index, names);
}
inline auto fields(Note& of) {
  auto& [utc, text] = of;
  return std::tie(utc, text);
}
inline auto fields(Slimming& of) {
  auto& [utc, parts] = of;
  return std::tie(utc, parts);
}
inline auto fields(Opened& of) {
  auto& [description, status, exit_reason, notes, slimmed] = of;
  return std::tie(description, status, exit_reason, notes, slimmed);
}
inline auto fields(FinalValue& of) {
  auto& [cadence, split, name, better, last, smallest, largest, smallest_step, largest_step] = of;
  return std::tie(cadence, split, name, better, last, smallest, largest, smallest_step, largest_step);
}
// But for what the reader of many logs knows itself.
inline auto fields(Heading& of) {
  auto& [path, problem, was_read, run_id, name, created_utc, status, exit_reason, seed, tags, notes, resolved,
         directory, uses, metrics, steps, seconds, samples_per_second] = of;
  return std::tie(run_id, name, created_utc, status, exit_reason, seed, tags, notes, resolved, directory, uses, metrics,
                  steps, seconds, samples_per_second);
}

inline auto fields(MetricSeries& of) {
  auto& [steps, epochs, values] = of;
  return std::tie(steps, epochs, values);
}
inline auto fields(RunRows& of) {
  auto& [heading, description, metrics] = of;
  return std::tie(heading, description, metrics);
}

class ReadingProcess {
 public:
  explicit ReadingProcess(std::filesystem::path log) : log_(std::move(log)) {}

  // Throws hdf5::Failure for what cannot be read. After one, the next request opens the log anew.
  template <typename Answer>
  Answer ask(Request request) {
    send(std::move(request));
    return answer<Answer>();
  }
  // The same in two parts, between which others can be asked.
  void send(Request request);
  template <typename Answer>
  Answer answer() {
    try {
      wait();
      Answer answer{};
      take(process_.channel(), answer);
      return answer;
    } catch (const Disconnected&) {
      throw hdf5::Failure(process_.end());
    } catch (const Error& error) {  // a tensor of it
      process_.end();
      throw hdf5::Failure(error.what());
    } catch (const std::bad_alloc&) {
      process_.end();
      throw hdf5::Failure("there is not enough memory for it");
    } catch (const std::length_error&) {
      process_.end();
      throw hdf5::Failure("there is not enough memory for it");
    }
  }

 private:
  void wait();  // until the answer comes

  std::filesystem::path log_;
  ForkedProcess process_;
};

}  // namespace atelier::runlog
