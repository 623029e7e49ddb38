#include "runlog/reading_process.hpp"

#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "runlog/heading_file.hpp"
#include "runlog/layout.hpp"
#include "runlog/log_file.hpp"

namespace atelier::runlog {

namespace {

enum class Outcome { done, failed };

// The log has been written while it was read.
struct Changed {};

template <typename Answer>
void answer(Channel& channel, bool changed, Answer value) {
  if (changed) {
    throw Changed();
  }
  put(channel, Outcome::done);
  put(channel, value);
  channel.flush();
}

// Of a log that is opened for this alone.
bool is_of_any_log(const Request& request) {
  return request.what == Request::What::heading || request.what == Request::What::run_rows;
}

void answer_of_any_log(Channel& channel, const Request& request) {
  hdf5::prepare();
  const OpenLogFile log = open_log(request.name, Access::read);
  if (request.what == Request::What::heading) {
    Heading heading = read_heading(log.file);
    answer(channel, log.storage->has_changed(), std::move(heading));
  } else {
    RunRows rows = read_run_rows(log.file, request.names);
    answer(channel, log.storage->has_changed(), std::move(rows));
  }
}

void answer(Channel& channel, const LogFile& log, const Request& request) {
  const auto give = [&](auto value) { answer(channel, log.has_changed(), std::move(value)); };
  // What its hash says is whole is of one moment, however long reading it took.
  const auto give_sealed = [&](auto value) { answer(channel, false, std::move(value)); };
  switch (request.what) {
    case Request::What::heading:
    case Request::What::run_rows:
      break;
    case Request::What::open:
      return give(Opened{log.description(), log.status(), log.exit_reason(), log.notes(), log.slimmed()});
    case Request::What::cadence:
      return give(log.cadence(request.name));
    case Request::What::sample_steps:
      return give(log.sample_steps(request.name));
    case Request::What::sample_row:
      return give(log.sample_row(request.name, request.index));
    case Request::What::sample_values:
      return give(log.sample_values(request.name, request.index));
    case Request::What::sample_texts:
      return give(log.sample_texts(request.name, request.index));
    case Request::What::tensor_steps:
      return give(log.tensor_steps(request.name));
    case Request::What::tensor_row:
      return give(log.tensor_row(request.name, request.index));
    case Request::What::foreign_weights:
      return give_sealed(log.foreign_weights(static_cast<size_t>(request.index)));
    case Request::What::newest_checkpoint:
      return give_sealed(log.newest_checkpoint());
    case Request::What::best:
      return give_sealed(log.best());
    case Request::What::final_result:
      return give_sealed(log.final_result());
    case Request::What::kept_steps:
      return give(log.kept_steps());
    case Request::What::kept_checkpoint:
      return give(log.kept_checkpoint(request.index));
    case Request::What::chain:
      return give(log.chain());
  }
}

void try_to_answer(Channel& channel, const std::filesystem::path& path, std::unique_ptr<LogFile>& log,
                   const Request& request) {
  if (is_of_any_log(request)) {
    return answer_of_any_log(channel, request);
  }
  if (log == nullptr || log->has_changed()) {
    log.reset();
    log = std::make_unique<LogFile>(path);
  }
  try {
    answer(channel, *log, request);
  } catch (const hdf5::Failure&) {
    if (log->has_changed()) {
      throw Changed();
    }
    throw;
  }
}

// The reason, where the request could not be answered. A log that is written meanwhile is read again.
std::string answer_or_reason(Channel& channel, const std::filesystem::path& path, std::unique_ptr<LogFile>& log,
                             const Request& request) {
  constexpr int tries = 20;
  constexpr std::chrono::milliseconds pause{20};
  for (int number = 0; number < tries; ++number) {
    limit_computing(is_of_any_log(request) ? std::filesystem::path(request.name) : path);
    try {
      try_to_answer(channel, path, log, request);
      return "";
    } catch (const Changed&) {
      log.reset();
      std::this_thread::sleep_for(pause);
    } catch (const Disconnected&) {
      throw;
    } catch (const std::bad_alloc&) {
      return "there is not enough memory for it";
    } catch (const std::exception& failure) {
      return failure.what();
    }
  }
  return "it is written faster than it can be read";
}

void serve(Channel& channel, const std::filesystem::path& path) {
  std::unique_ptr<LogFile> log;
  for (;;) {
    Request request{};
    take(channel, request);
    if (const std::string reason = answer_or_reason(channel, path, log, request); !reason.empty()) {
      log.reset();
      put(channel, Outcome::failed);
      put(channel, reason);
      channel.flush();
    }
  }
}

}  // namespace

void ReadingProcess::send(Request request) {
  if (!process_.started()) {
    process_.start([this](Channel& channel) { serve(channel, log_); });
  }
  try {
    put(process_.channel(), request);
    process_.channel().flush();
  } catch (const Disconnected&) {
    throw hdf5::Failure(process_.end());
  }
}

void ReadingProcess::wait() {
  Outcome outcome{};
  take(process_.channel(), outcome);
  if (outcome == Outcome::failed) {
    std::string reason;
    take(process_.channel(), reason);
    throw hdf5::Failure(reason);
  }
}

}  // namespace atelier::runlog
