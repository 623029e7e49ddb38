#include "kernels/rank_exchange.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.hpp"
#include "kernels/failure.hpp"
#include "tensor/storage.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t small_bytes = 32768;  // of a sum that all ranks add up
constexpr int64_t piece = 16384;        // elements that are added up as one piece

// A transfer whose messages differ in their addresses from run to run.
class Exchange {
 public:
  Exchange(Ranks& ranks, int tag, size_t messages) : ranks_(ranks), tag_(tag), transfer_(ranks.transfer(messages)) {
    sent_.reserve(messages);
    received_.reserve(messages);
  }
  void begin() const {
    sent_.clear();
    received_.clear();
  }
  void send(int to, const void* data, int64_t bytes) const {
    if (bytes > 0) {
      sent_.push_back({to, data, static_cast<size_t>(bytes)});
    }
  }
  void receive(int from, void* data, int64_t bytes) const {
    if (bytes > 0) {
      received_.push_back({from, data, static_cast<size_t>(bytes)});
    }
  }
  void start() const {
    is_lost_ = false;
    transfer_->start(tag_, sent_, received_);
  }
  [[nodiscard]] bool is_done() const {
    if (!transfer_->is_done()) {
      return false;
    }
    if (const std::string lost = ranks_.lost(); !lost.empty()) {
      is_lost_ = true;
      report_failed_run(lost);
    }
    return true;
  }
  // As is_done() has found it: who is lost later has sent all of this, and nothing has failed by it.
  [[nodiscard]] bool is_lost() const { return is_lost_; }

 private:
  Ranks& ranks_;
  int tag_;
  std::unique_ptr<Ranks::Transfer> transfer_;
  mutable std::vector<Ranks::Sent> sent_;  // of the run that is under way
  mutable std::vector<Ranks::Received> received_;
  mutable bool is_lost_ = false;
};

struct Addition {  // of slots: to = to + from
  size_t to = 0, from = 0;
};

// The tree over blocks of these lengths, as record::ShardTree has it.
std::vector<Addition> additions_of(const std::vector<size_t>& blocks) {
  struct Part {
    size_t shards, slot;
  };
  std::vector<Addition> out;
  std::vector<Part> parts;
  const auto join = [&] {
    const Part right = parts.back();
    parts.pop_back();
    parts.back().shards += right.shards;
    out.push_back({parts.back().slot, right.slot});
  };
  for (size_t slot = 0; slot < blocks.size(); ++slot) {
    parts.push_back({blocks[slot], slot});
    while (parts.size() > 1 && parts.end()[-1].shards == parts.end()[-2].shards) {
      join();
    }
  }
  while (parts.size() > 1) {
    join();
  }
  return out;
}

class RankSumKernel final : public ExchangeKernel {
 public:
  RankSumKernel(Ranks& ranks, const RankSum& sum)
      : count_(ranks.count()), rank_(ranks.rank()), size_(static_cast<int64_t>(tensor::size_of(sum.sums[0].dtype))) {
    const auto ranks_count = static_cast<size_t>(count_);
    ATELIER_CHECK(sum.shards % ranks_count == 0 && sum.sums[0].dtype != tensor::DType::i64);
    is_double_ = sum.sums[0].dtype == tensor::DType::f64;
    for (const Buffer& one : sum.sums) {
      ATELIER_CHECK(one.dtype == sum.sums[0].dtype);
      elements_of_.push_back(one.shape.elements());
      elements_ += elements_of_.back();
    }
    std::vector<size_t> blocks;
    const size_t own = sum.shards / ranks_count;
    for (size_t rank = 0; rank < ranks_count; ++rank) {
      first_slot_.push_back(blocks.size());
      std::ranges::copy(blocks_of(rank * own, own), std::back_inserter(blocks));
    }
    first_slot_.push_back(blocks.size());
    additions_ = additions_of(blocks);
    is_small_ = elements_ * size_ <= small_bytes;
    for (int rank = 0; rank < count_; ++rank) {
      longest_ = std::max(longest_, length(rank));
    }
    exchange_ = std::make_unique<Exchange>(ranks, sum.tag, 2 * blocks.size() * ranks_count);
    if (sum.sums.size() > 1) {
      phases_.push_back(Phase::pack);
    }
    phases_.insert(phases_.end(), {Phase::scatter, Phase::add});
    if (!is_small_) {
      phases_.push_back(Phase::gather);
    }
    if (sum.sums.size() > 1) {
      phases_.push_back(Phase::unpack);
    }
  }

  [[nodiscard]] int64_t phases() const override { return static_cast<int64_t>(phases_.size()); }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    return phases_[static_cast<size_t>(phase)] == Phase::add ? (length(rank_) + piece - 1) / piece : 1;
  }
  // For each block of all ranks what this one adds up of it; of several results together also what is sent and what
  // comes of it.
  [[nodiscard]] size_t workspace_bytes() const override {
    const size_t packed = elements_of_.size() > 1 ? (own_blocks() + 1) * slot_bytes(elements_) : 0;
    return first_slot_.back() * slot_bytes(longest_) + packed;
  }
  // Element by element; what is sent has been, before the result is written.
  [[nodiscard]] bool may_overwrite(size_t) const override { return elements_of_.size() == 1 && own_blocks() == 1; }
  [[nodiscard]] bool waits(int64_t phase) const override {
    const Phase what = phases_[static_cast<size_t>(phase)];
    return what == Phase::scatter || what == Phase::gather;
  }
  [[nodiscard]] bool is_done(int64_t) const override { return exchange_->is_done(); }
  [[nodiscard]] bool is_lost() const override { return exchange_->is_lost(); }

  void run(int64_t phase, int64_t number, const Arguments& arguments) const override {
    switch (phases_[static_cast<size_t>(phase)]) {
      case Phase::pack:
        return pack(arguments);
      case Phase::scatter:
        return scatter(arguments);
      case Phase::add:
        return is_double_ ? add<double>(number, arguments) : add<float>(number, arguments);
      case Phase::gather:
        return gather(arguments);
      case Phase::unpack:
        return unpack(arguments);
    }
  }

 private:
  enum class Phase { pack, scatter, add, gather, unpack };

  [[nodiscard]] size_t slot_bytes(int64_t elements) const {
    return tensor::aligned(static_cast<size_t>(elements * size_));
  }
  [[nodiscard]] size_t own_blocks() const { return blocks_of_rank(rank_); }
  [[nodiscard]] size_t blocks_of_rank(int rank) const {
    return first_slot_[static_cast<size_t>(rank) + 1] - first_slot_[static_cast<size_t>(rank)];
  }
  // What a rank adds up.
  [[nodiscard]] int64_t begin(int rank) const { return is_small_ ? 0 : elements_ * rank / count_; }
  [[nodiscard]] int64_t length(int rank) const {
    return is_small_ ? elements_ : elements_ * (rank + 1) / count_ - begin(rank);
  }
  [[nodiscard]] std::byte* slot(const Arguments& arguments, size_t index) const {
    return arguments.workspace + index * slot_bytes(longest_);
  }
  [[nodiscard]] std::byte* packed(const Arguments& arguments, size_t index) const {
    return slot(arguments, first_slot_.back()) + index * slot_bytes(elements_);
  }
  [[nodiscard]] const std::byte* own_block(const Arguments& arguments, size_t block) const {
    return elements_of_.size() > 1 ? packed(arguments, block) : static_cast<const std::byte*>(arguments.inputs[block]);
  }
  [[nodiscard]] std::byte* result(const Arguments& arguments) const {
    return elements_of_.size() > 1 ? packed(arguments, own_blocks()) : static_cast<std::byte*>(arguments.outputs[0]);
  }

  // Where the copy ends. What has no elements may be nowhere.
  std::byte* copied(const void* from, int64_t elements, void* to) const {
    return std::copy_n(static_cast<const std::byte*>(from), elements * size_, static_cast<std::byte*>(to));
  }

  void pack(const Arguments& arguments) const {
    for (size_t block = 0; block < own_blocks(); ++block) {
      std::byte* to = packed(arguments, block);
      for (size_t i = 0; i < elements_of_.size(); ++i) {
        to = copied(arguments.inputs[i * own_blocks() + block], elements_of_[i], to);
      }
    }
  }

  void unpack(const Arguments& arguments) const {
    const std::byte* from = result(arguments);
    for (size_t i = 0; i < elements_of_.size(); ++i) {
      copied(from, elements_of_[i], arguments.outputs[i]);
      from += elements_of_[i] * size_;
    }
  }

  void scatter(const Arguments& arguments) const {
    exchange_->begin();
    for (int other = 0; other < count_; ++other) {
      if (other == rank_) {
        continue;
      }
      for (size_t block = 0; block < own_blocks(); ++block) {
        exchange_->send(other, own_block(arguments, block) + begin(other) * size_, length(other) * size_);
      }
      for (size_t block = 0; block < blocks_of_rank(other); ++block) {
        exchange_->receive(other, slot(arguments, first_slot_[static_cast<size_t>(other)] + block),
                           length(rank_) * size_);
      }
    }
    exchange_->start();
  }

  template <typename Real>
  void add(int64_t number, const Arguments& arguments) const {
    const int64_t first = number * piece;
    const auto count = static_cast<size_t>(std::min(piece, length(rank_) - first));
    const auto place = [&](size_t index) { return reinterpret_cast<Real*>(slot(arguments, index) + first * size_); };
    for (size_t block = 0; block < own_blocks(); ++block) {
      std::memcpy(place(first_slot_[static_cast<size_t>(rank_)] + block),
                  own_block(arguments, block) + (begin(rank_) + first) * size_, count * sizeof(Real));
    }
    for (const Addition& addition : additions_) {
      Real* __restrict to = place(addition.to);
      const Real* __restrict from = place(addition.from);
      for (size_t i = 0; i < count; ++i) {
        to[i] += from[i];
      }
    }
    std::memcpy(result(arguments) + (begin(rank_) + first) * size_, place(0), count * sizeof(Real));
  }

  void gather(const Arguments& arguments) const {
    exchange_->begin();
    std::byte* const sum = result(arguments);
    for (int other = 0; other < count_; ++other) {
      if (other != rank_) {
        exchange_->send(other, sum + begin(rank_) * size_, length(rank_) * size_);
        exchange_->receive(other, sum + begin(other) * size_, length(other) * size_);
      }
    }
    exchange_->start();
  }

  int count_, rank_;
  int64_t size_;  // bytes of an element
  bool is_double_ = false, is_small_ = false;
  std::vector<int64_t> elements_of_;  // by result
  int64_t elements_ = 0, longest_ = 0;
  std::vector<size_t> first_slot_;  // by rank, and behind the last
  std::vector<Addition> additions_;
  std::vector<Phase> phases_;
  std::unique_ptr<Exchange> exchange_;
};

class RankConcatenation final : public ExchangeKernel {
 public:
  RankConcatenation(Ranks& ranks, const Buffer& input, int tag)
      : count_(ranks.count()),
        rank_(ranks.rank()),
        bytes_(input.shape.elements() * static_cast<int64_t>(tensor::size_of(input.dtype))),
        exchange_(ranks, tag, 2 * static_cast<size_t>(ranks.count())) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return 1; }
  [[nodiscard]] bool waits(int64_t) const override { return true; }
  [[nodiscard]] bool is_done(int64_t) const override { return exchange_.is_done(); }
  [[nodiscard]] bool is_lost() const override { return exchange_.is_lost(); }
  void run(int64_t, int64_t, const Arguments& arguments) const override {
    auto* const out = static_cast<std::byte*>(arguments.outputs[0]);
    exchange_.begin();
    for (int other = 0; other < count_; ++other) {
      if (other != rank_) {
        exchange_.send(other, arguments.inputs[0], bytes_);
        exchange_.receive(other, out + other * bytes_, bytes_);
      }
    }
    exchange_.start();
    if (bytes_ > 0) {
      std::memcpy(out + rank_ * bytes_, arguments.inputs[0], static_cast<size_t>(bytes_));
    }
  }

 private:
  int count_, rank_;
  int64_t bytes_;
  Exchange exchange_;
};

}  // namespace

std::vector<size_t> blocks_of(size_t first, size_t shards) {
  std::vector<size_t> out;
  for (const size_t end = first + shards; first < end; first += out.back()) {
    size_t length = first == 0 ? std::bit_floor(end) : first & (~first + 1);
    while (length > end - first) {
      length /= 2;
    }
    out.push_back(length);
  }
  return out;
}

std::unique_ptr<ExchangeKernel> make_rank_sum(Ranks& ranks, const RankSum& sum) {
  return std::make_unique<RankSumKernel>(ranks, sum);
}

std::unique_ptr<ExchangeKernel> make_rank_concatenation(Ranks& ranks, const Buffer& input, int tag) {
  return std::make_unique<RankConcatenation>(ranks, input, tag);
}

}  // namespace atelier::kernels
