#include "runlog/reading_process.hpp"

#include <memory>

#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog/log_file.hpp"

namespace atelier::runlog {

namespace {

enum class Outcome { done, failed };

template <typename Answer>
void answer(Channel& channel, Answer value) {
  put(channel, Outcome::done);
  put(channel, value);
  channel.flush();
}

Title read_title(const std::filesystem::path& log) {
  hdf5::prepare();
  const hdf5::Handle file = open_log(log, Access::read);
  return {hdf5::read_text_attribute(file, "run_id"), hdf5::read_text_attribute(file, "name"),
          hdf5::read_text_attribute(file, "created_utc"), read_status(file)};
}

void answer(Channel& channel, const LogFile& log, const Request& request) {
  switch (request.what) {
    case Request::What::title:
      break;
    case Request::What::open:
      return answer(channel, Opened{log.description(), log.status(), log.exit_reason()});
    case Request::What::cadence:
      return answer(channel, log.cadence(request.name));
    case Request::What::sample_steps:
      return answer(channel, log.sample_steps(request.name));
    case Request::What::sample_row:
      return answer(channel, log.sample_row(request.name, request.index));
    case Request::What::sample_values:
      return answer(channel, log.sample_values(request.name, request.index));
    case Request::What::sample_texts:
      return answer(channel, log.sample_texts(request.name, request.index));
    case Request::What::tensor_steps:
      return answer(channel, log.tensor_steps(request.name));
    case Request::What::tensor_row:
      return answer(channel, log.tensor_row(request.name, request.index));
    case Request::What::foreign_weights:
      return answer(channel, log.foreign_weights(static_cast<size_t>(request.index)));
    case Request::What::newest_checkpoint:
      return answer(channel, log.newest_checkpoint());
    case Request::What::best:
      return answer(channel, log.best());
    case Request::What::final_result:
      return answer(channel, log.final_result());
  }
}

// The reason, where the request could not be answered.
std::string try_to_answer(Channel& channel, const std::filesystem::path& path, std::unique_ptr<LogFile>& log,
                          const Request& request) {
  try {
    if (request.what == Request::What::title) {
      answer(channel, read_title(request.name));
      return "";
    }
    if (log == nullptr) {
      log = std::make_unique<LogFile>(path);
    }
    answer(channel, *log, request);
    return "";
  } catch (const Disconnected&) {
    throw;
  } catch (const std::bad_alloc&) {
    return "there is not enough memory for it";
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

void serve(Channel& channel, const std::filesystem::path& path) {
  std::unique_ptr<LogFile> log;
  for (;;) {
    Request request{};
    take(channel, request);
    limit_computing();
    if (const std::string reason = try_to_answer(channel, path, log, request); !reason.empty()) {
      log.reset();
      put(channel, Outcome::failed);
      put(channel, reason);
      channel.flush();
    }
  }
}

}  // namespace

void ReadingProcess::send(Request& request) {
  if (!process_.started()) {
    process_.start([this](Channel& channel) { serve(channel, log_); });
  }
  put(process_.channel(), request);
  process_.channel().flush();
  Outcome outcome{};
  take(process_.channel(), outcome);
  if (outcome == Outcome::failed) {
    std::string reason;
    take(process_.channel(), reason);
    throw hdf5::Failure(reason);
  }
}

}  // namespace atelier::runlog
