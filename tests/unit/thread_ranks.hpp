// Ranks that are threads of the test's own process: what processes say to each other goes through memory.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

#include "base/ranks.hpp"

namespace atelier::test {

class Mail {
 public:
  using Way = std::tuple<int, int, int>;  // from, to, tag
  void post(const Way& way, const void* data, size_t bytes) {
    const auto* const first = static_cast<const std::byte*>(data);
    const std::scoped_lock lock(mutex_);
    ways_[way].emplace_back(first, first + bytes);
  }
  bool take(const Way& way, void* data, size_t bytes) {
    const std::scoped_lock lock(mutex_);
    std::deque<std::vector<std::byte>>& letters = ways_[way];
    if (letters.empty()) {
      return false;
    }
    if (letters.front().size() != bytes) {
      std::abort();  // the ranks do not say the same
    }
    std::ranges::copy(letters.front(), static_cast<std::byte*>(data));
    letters.pop_front();
    return true;
  }
  void lose(const std::string& words) {
    const std::scoped_lock lock(mutex_);
    lost_ = words;
  }
  std::string lost() {
    const std::scoped_lock lock(mutex_);
    return lost_;
  }

 private:
  std::mutex mutex_;
  std::map<Way, std::deque<std::vector<std::byte>>> ways_;
  std::string lost_;
};

class ThreadRanks final : public Ranks {
 public:
  ThreadRanks(Mail& mail, int count, int rank) : mail_(mail), count_(count), rank_(rank) {}
  [[nodiscard]] int count() const override { return count_; }
  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] std::string lost() const override { return mail_.lost(); }
  // As a process does that ends before the others, which are told these words.
  void end(const std::string& words) { mail_.lose(words); }
  [[nodiscard]] std::unique_ptr<Transfer> transfer(size_t) override { return std::make_unique<Way>(*this); }

 private:
  class Way final : public Transfer {
   public:
    explicit Way(ThreadRanks& ranks) : ranks_(ranks) {}
    void start(int tag, std::span<const Sent> sent, std::span<const Received> received) override {
      tag_ = tag;
      for (const Sent& one : sent) {
        ranks_.mail_.post({ranks_.rank_, one.to, tag}, one.data, one.bytes);
      }
      left_.assign(received.begin(), received.end());
    }
    bool is_done() override {
      while (!left_.empty() && ranks_.lost().empty()) {
        const Received& next = left_.front();
        if (!ranks_.mail_.take({next.from, ranks_.rank_, tag_}, next.data, next.bytes)) {
          return false;
        }
        left_.pop_front();
      }
      return true;
    }

   private:
    ThreadRanks& ranks_;
    int tag_ = 0;
    std::deque<Received> left_;
  };

  Mail& mail_;
  int count_, rank_;
};

// Does the same in each of so many ranks, and throws what any of them throws.
template <typename Work>
void as_ranks(int count, const Work& work) {
  Mail mail;
  std::vector<std::thread> threads;
  std::exception_ptr thrown;
  std::mutex mutex;
  for (int rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] {
      ThreadRanks ranks(mail, count, rank);
      try {
        work(ranks);
      } catch (const std::exception& error) {
        const std::scoped_lock lock(mutex);
        if (thrown == nullptr) {
          thrown = std::current_exception();
        }
        mail.lose(error.what());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (thrown != nullptr) {
    std::rethrow_exception(thrown);
  }
}

}  // namespace atelier::test
