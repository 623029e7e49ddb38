#include "base/ranks.hpp"

#include <algorithm>
#include <chrono>
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

std::string Ranks::shared(std::string text) {
  text.resize(shared_value(text.size()));
  share(std::as_writable_bytes(std::span(text)));
  return text;
}

void Ranks::wait_for_first() {
  (void)shared_value(char{});
}

// Lengths first, then the texts; of each rank to the first, or to every other one.
std::vector<std::string> Ranks::told(const std::string& text, bool to_all) {
  const bool hears = to_all || is_first();
  std::vector<size_t> sizes(static_cast<size_t>(count()), text.size());
  std::vector<std::string> texts(hears ? sizes.size() : 0);
  const std::unique_ptr<Transfer> way = transfer(2 * sizes.size());
  const auto pass_on = [&](const void* own, size_t own_bytes, const auto& data_of, const auto& bytes_of) {
    std::vector<Sent> sent;
    std::vector<Received> received;
    for (int other = 0; other < count(); ++other) {
      if (other == rank()) {
        continue;
      }
      if (to_all || other == 0) {
        sent.push_back({other, own, own_bytes});
      }
      if (hears) {
        received.push_back({other, data_of(static_cast<size_t>(other)), bytes_of(static_cast<size_t>(other))});
      }
    }
    way->start(gathered_tag, sent, received);
    wait(*way);
  };
  const size_t own_size = text.size();
  pass_on(
      &own_size, sizeof own_size, [&](size_t other) { return &sizes[other]; }, [](size_t) { return sizeof(size_t); });
  for (size_t other = 0; other < texts.size(); ++other) {
    texts[other].resize(sizes[other]);
  }
  pass_on(
      text.data(), text.size(), [&](size_t other) { return texts[other].data(); },
      [&](size_t other) { return sizes[other]; });
  if (hears) {
    texts[static_cast<size_t>(rank())] = text;
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
