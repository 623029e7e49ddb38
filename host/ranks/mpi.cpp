// MPI, in version 3's functions alone.
#include <mpi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "ranks/joined.hpp"
#include "ranks/lifeline.hpp"

namespace atelier::ranks {
namespace {

constexpr size_t most_bytes = size_t{1} << 30U;  // of a message of MPI, which counts them in an int

std::string words_of(int error) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(error, text.data(), &length);
  return {text.data(), static_cast<size_t>(length)};
}

class MpiRanks final : public Joined {
 public:
  explicit MpiRanks(const Launched& launched) {
    int provided = MPI_THREAD_SINGLE;
    if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS) {
      throw Error(ErrorKind::usage, "MPI does not begin");
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    if (count_ != launched.count || rank_ != launched.rank) {
      throw Error(
          ErrorKind::usage,
          "{}: got rank {} of {}, and MPI knows of rank {} of {}; hint: an mpirun, or srun --mpi=pmix, of the MPI "
          "that this program was built with",
          launched.by, launched.rank, launched.count, rank_, count_);
    }
    if (provided < MPI_THREAD_SERIALIZED) {
      throw Error(ErrorKind::usage, "this MPI is for processes of one thread alone, expected MPI_THREAD_SERIALIZED");
    }
    // The lifeline is not there yet: what happens until then, MPI has to notice.
    if (rank_ == 0) {
      lifeline_ = std::make_unique<Lifeline>(count_);
    }
    std::string address = rank_ == 0 ? lifeline_->address() : "";
    int length = static_cast<int>(address.size());
    MPI_Bcast(&length, 1, MPI_INT, 0, MPI_COMM_WORLD);
    address.resize(static_cast<size_t>(length));
    MPI_Bcast(address.data(), length, MPI_BYTE, 0, MPI_COMM_WORLD);
    if (rank_ == 0) {
      lifeline_->wait_for_all();
    } else {
      lifeline_ = std::make_unique<Lifeline>(rank_, address);
    }
  }

  [[nodiscard]] int count() const override { return count_; }
  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] std::unique_ptr<Transfer> transfer(size_t messages) override;
  [[nodiscard]] std::string lost() const override { return lifeline_->lost(); }

  void end(int code) override {
    bool is_whole = !lifeline_->is_lost();
    if (rank_ == 0) {
      lifeline_->end(code);
    } else {
      lifeline_->wait_for_end();
      const auto end = lifeline_->end_of_first();
      is_whole = end && end->is_whole;
    }
    if (is_whole) {
      finalize();
    }
  }
  void fail(const std::string& words) override { lifeline_->fail(words); }
  [[nodiscard]] int code_of_first() const override {
    const auto end = lifeline_->end_of_first();
    return end ? end->code : 1;
  }

  // Where one of the others is gone it may never return.
  void finalize() {
    const std::scoped_lock lock(mutex_);
    if (!is_broken_) {
      is_finalized_ = true;
      MPI_Finalize();
    }
  }

  // MPI has noticed by itself; who is gone the lifeline knows, if it is that.
  void notice(int error) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    lifeline_->lose(std::string(mpi_noticed) + words_of(error));
  }

  // The memory that they are about is no longer theirs. What has been matched with the other side's cannot be called
  // back, and ends by itself while that side is there.
  void give_up(std::vector<MPI_Request>& requests, size_t received) {
    constexpr std::chrono::milliseconds to_end{500};
    const std::scoped_lock lock(mutex_);
    if (is_finalized_) {
      return;
    }
    for (size_t i = 0; i < std::min(received, requests.size()); ++i) {
      if (requests[i] != MPI_REQUEST_NULL) {
        MPI_Cancel(&requests[i]);
      }
    }
    int all = 0;
    const auto begun = Clock::now();
    while (!is_broken_ && all == 0) {
      const bool is_testable =
          MPI_Testall(static_cast<int>(requests.size()), requests.data(), &all, MPI_STATUSES_IGNORE) == MPI_SUCCESS;
      is_broken_ = all == 0 && (!is_testable || Clock::now() - begun > to_end);
    }
  }

  // Whoever looks whether something has arrived waits for it.
  void tell_of_waiting() {
    constexpr std::chrono::milliseconds often{200};
    const Clock::rep now = Clock::now().time_since_epoch().count();
    Clock::rep told = told_.load(std::memory_order_relaxed);
    if (Clock::duration(now - told) > often && told_.compare_exchange_strong(told, now)) {
      while_waiting();
    }
  }

  std::mutex& mutex() { return mutex_; }
  [[nodiscard]] bool is_lost() const { return lifeline_->is_lost(); }

 private:
  using Clock = std::chrono::steady_clock;
  int count_ = 1, rank_ = 0;
  std::atomic<Clock::rep> told_{0};
  std::unique_ptr<Lifeline> lifeline_;
  std::mutex mutex_;        // one thread at a time is in MPI
  bool is_broken_ = false;  // something is under way that will never end
  bool is_finalized_ = false;
};

class MpiTransfer final : public Ranks::Transfer {
 public:
  MpiTransfer(MpiRanks& ranks, size_t messages) : ranks_(ranks) { requests_.reserve(messages); }
  ~MpiTransfer() override { ranks_.give_up(requests_, received_); }
  MpiTransfer(const MpiTransfer&) = delete;
  MpiTransfer& operator=(const MpiTransfer&) = delete;

  void start(int tag, std::span<const Ranks::Sent> sent, std::span<const Ranks::Received> received) override {
    const std::scoped_lock lock(ranks_.mutex());
    requests_.clear();
    error_ = MPI_SUCCESS;
    for (const Ranks::Received& one : received) {
      each_part(one.bytes, [&](size_t first, int bytes, MPI_Request* request) {
        return MPI_Irecv(static_cast<std::byte*>(one.data) + first, bytes, MPI_BYTE, one.from, tag, MPI_COMM_WORLD,
                         request);
      });
    }
    received_ = requests_.size();
    for (const Ranks::Sent& one : sent) {
      each_part(one.bytes, [&](size_t first, int bytes, MPI_Request* request) {
        return MPI_Isend(static_cast<const std::byte*>(one.data) + first, bytes, MPI_BYTE, one.to, tag, MPI_COMM_WORLD,
                         request);
      });
    }
  }

  bool is_done() override {
    if (ranks_.is_lost()) {
      return true;
    }
    int all = 0;
    int error = error_;
    if (error == MPI_SUCCESS) {
      const std::scoped_lock lock(ranks_.mutex());
      error = MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &all, MPI_STATUSES_IGNORE);
    }
    if (error != MPI_SUCCESS) {
      ranks_.notice(error);
      return true;
    }
    if (all == 0) {
      ranks_.tell_of_waiting();
    }
    return all != 0;
  }

 private:
  template <typename Begin>
  void each_part(size_t bytes, const Begin& begin) {
    for (size_t first = 0; first < bytes; first += most_bytes) {
      MPI_Request request = MPI_REQUEST_NULL;
      const int error = begin(first, static_cast<int>(std::min(most_bytes, bytes - first)), &request);
      error_ = error_ == MPI_SUCCESS ? error : error_;
      requests_.push_back(request);
    }
  }

  MpiRanks& ranks_;
  std::vector<MPI_Request> requests_;
  size_t received_ = 0;      // of them, before those that are sent
  int error_ = MPI_SUCCESS;  // of one that did not even begin
};

std::unique_ptr<Ranks::Transfer> MpiRanks::transfer(size_t messages) {
  return std::make_unique<MpiTransfer>(*this, messages);
}

}  // namespace

bool has_mpi() {
  return true;
}

std::unique_ptr<Joined> join(const Launched& launched) {
  return std::make_unique<MpiRanks>(launched);
}

}  // namespace atelier::ranks
