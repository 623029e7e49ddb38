#include "base/ranks.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include "base/error.hpp"

namespace atelier {
namespace {

// A short wait costs no sleep, and a long one no processor.
void wait_until(const std::function<bool()>& is_done, const Ranks& ranks) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begun = Clock::now();
  Clock::time_point told = begun;
  while (!is_done()) {
    const Clock::time_point now = Clock::now();
    if (now - begun > std::chrono::milliseconds(2)) {
      std::this_thread::sleep_for(std::chrono::microseconds(now - begun > std::chrono::seconds(1) ? 2000 : 50));
    } else {
      std::this_thread::yield();
    }
    if (now - told > std::chrono::milliseconds(200)) {
      told = now;
      ranks.while_waiting();
    }
  }
  if (const std::string lost = ranks.lost(); !lost.empty()) {
    throw Error(ErrorKind::internal, "{}", lost);
  }
}

}  // namespace

void Ranks::wait(Transfer& transfer) {
  wait_until([&] { return transfer.is_done(); }, *this);
}

void Ranks::share(std::span<std::byte> bytes) {
  std::vector<Sent> sent;
  std::vector<Received> received;
  if (is_first()) {
    for (int other = 1; other < count(); ++other) {
      sent.push_back({other, bytes.data(), bytes.size()});
    }
  } else {
    received.push_back({0, bytes.data(), bytes.size()});
  }
  const std::unique_ptr<Transfer> way = transfer(std::max(sent.size(), received.size()));
  way->start(shared_tag, sent, received);
  wait(*way);
}

void Ranks::wait_for_first() {
  (void)shared_value(char{});
}

std::vector<std::string> Ranks::gathered(const std::string& text) {
  std::vector<size_t> sizes(static_cast<size_t>(count()), text.size());
  std::vector<std::string> texts(is_first() ? sizes.size() : 0);
  const std::unique_ptr<Transfer> way = transfer(sizes.size());
  const auto from_each = [&](const auto& data_of, const auto& bytes_of, const void* own, size_t own_bytes) {
    std::vector<Sent> sent;
    std::vector<Received> received;
    for (int other = 1; is_first() && other < count(); ++other) {
      received.push_back({other, data_of(static_cast<size_t>(other)), bytes_of(static_cast<size_t>(other))});
    }
    if (!is_first()) {
      sent.push_back({0, own, own_bytes});
    }
    way->start(gathered_tag, sent, received);
    wait(*way);
  };
  const size_t own_size = text.size();
  from_each([&](size_t other) { return &sizes[other]; }, [](size_t) { return sizeof(size_t); }, &own_size,
            sizeof own_size);
  for (size_t rank = 0; rank < texts.size(); ++rank) {
    texts[rank].resize(sizes[rank]);
  }
  from_each([&](size_t other) { return texts[other].data(); }, [&](size_t other) { return sizes[other]; }, text.data(),
            text.size());
  if (is_first()) {
    texts.front() = text;
  }
  return texts;
}

std::vector<std::string> Ranks::exchanged(const std::string& text) {
  std::vector<std::string> texts = gathered(text);
  texts.resize(static_cast<size_t>(count()));
  std::vector<size_t> sizes;
  std::string all;  // one behind the other
  for (const std::string& one : texts) {
    sizes.push_back(one.size());
    all += one;
  }
  share(std::as_writable_bytes(std::span(sizes)));
  all.resize(std::accumulate(sizes.begin(), sizes.end(), size_t{0}));
  share(std::as_writable_bytes(std::span(all)));
  size_t begin = 0;
  for (size_t rank = 0; rank < texts.size(); ++rank) {
    texts[rank] = all.substr(begin, sizes[rank]);
    begin += sizes[rank];
  }
  return texts;
}

Agreement::Agreement(Ranks& ranks, int tag)
    : ranks_(ranks),
      tag_(tag),
      transfer_(ranks.transfer(2 * static_cast<size_t>(ranks.count()))),
      asked_(static_cast<size_t>(ranks.count()), 0) {
  for (int other = 0; other < ranks.count(); ++other) {
    if (other != ranks.rank()) {
      sent_.push_back({other, &asked_[static_cast<size_t>(ranks.rank())], 1});
      received_.push_back({other, &asked_[static_cast<size_t>(other)], 1});
    }
  }
}

void Agreement::start(bool asks) {
  asked_[static_cast<size_t>(ranks_.rank())] = asks ? 1 : 0;
  transfer_->start(tag_, sent_, received_);
}

bool Agreement::take() {
  wait_until([&] { return transfer_->is_done(); }, ranks_);
  return std::ranges::any_of(asked_, [](char asked) { return asked != 0; });
}

}  // namespace atelier
