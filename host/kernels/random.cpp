#include "kernels/random.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t piece_groups = 256;  // 16384 numbers

enum class Distribution : uint8_t { uniform, normal };

// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

// What is the same for all numbers of a row: key and counter but for the block.
struct Stream {
  uint32_t k0;
  uint32_t k1;
  uint32_t row;
  uint32_t c2;
  uint32_t c3;

  Stream(const RandomKey& key, const RandomPosition& position) {
    const uint64_t mixed = splitmix64(splitmix64(key.seed) ^ key.purpose);
    k0 = static_cast<uint32_t>(mixed);
    k1 = static_cast<uint32_t>(mixed >> 32U);
    row = static_cast<uint32_t>(position.row);
    c2 = static_cast<uint32_t>(position.step);
    c3 = static_cast<uint32_t>((position.ordinal & 0xffffU) | ((position.step >> 32U) << 16U));
  }
};

void draw_group(const RandomTable& loops, Distribution distribution, const Stream& stream, int64_t group, float* out) {
  alignas(64) std::array<uint32_t, random_group> words;
  loops.words(static_cast<uint32_t>(group), stream.row, stream.c2, stream.c3, stream.k0, stream.k1, words.data());
  distribution == Distribution::uniform ? loops.uniform(words.data(), out) : loops.normal(words.data(), out);
}

// Groups [first, last) of a row of n elements that starts at out.
template <typename T>
void draw_row(const RandomTable& loops, Distribution distribution, const Stream& stream, int64_t first, int64_t last,
              int64_t n, T* out) {
  alignas(64) std::array<float, random_group> numbers;
  for (int64_t group = first; group < last; ++group) {
    draw_group(loops, distribution, stream, group, numbers.data());
    std::copy_n(numbers.data(), std::min(random_group, n - group * random_group), out + group * random_group);
  }
}

// Groups of a row's numbers, which hold `group_elements` of them; a piece is a run of groups.
class RandomKernel : public Kernel {
 public:
  RandomKernel(int64_t rows, int64_t row_elements, int64_t group_elements, const RandomOperands& operands)
      : loops_(*active_loops().random),
        row_elements_(row_elements),
        row_groups_(ceil_divide(row_elements, group_elements)),
        groups_(rows * row_groups_),
        rows_before_(operands.shard * rows),
        operands_(operands) {
    ATELIER_CHECK(rows >= 0 && row_elements >= 0);
  }

  [[nodiscard]] int64_t pieces(int64_t) const override {
    return std::max<int64_t>(1, ceil_divide(groups_, piece_groups));
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto integer = [&](const OperandReference& reference) {
      return static_cast<uint64_t>(reference.in(arguments.operands).integer);
    };
    const RandomKey key = {integer(operands_.seed), integer(operands_.purpose)};
    RandomPosition position = {integer(operands_.step), integer(operands_.ordinal), 0};
    const int64_t end = std::min(groups_, (piece + 1) * piece_groups);
    for (int64_t group = piece * piece_groups; group < end;) {
      const int64_t row = group / row_groups_;
      const int64_t first = group % row_groups_;
      const int64_t last = std::min(row_groups_, first + end - group);
      position.row = integer(operands_.first_row) + static_cast<uint64_t>(rows_before_ + row);
      draw(Stream(key, position), first, last, row * row_elements_, arguments);
      group += last - first;
    }
  }

 protected:
  // Groups [first, last) of the row that starts at element `offset` of the output.
  virtual void draw(const Stream& stream, int64_t first, int64_t last, int64_t offset,
                    const Arguments& arguments) const = 0;

  const RandomTable& loops_;
  int64_t row_elements_;

 private:
  int64_t row_groups_;
  int64_t groups_;
  int64_t rows_before_;  // of the shards before
  RandomOperands operands_;
};

template <typename T>
class RealDraws : public RandomKernel {
 public:
  RealDraws(Distribution distribution, int64_t rows, int64_t row_elements, const RandomOperands& operands)
      : RandomKernel(rows, row_elements, random_group, operands), distribution_(distribution) {}

 protected:
  void draw(const Stream& stream, int64_t first, int64_t last, int64_t offset,
            const Arguments& arguments) const override {
    draw_row(loops_, distribution_, stream, first, last, row_elements_, static_cast<T*>(arguments.outputs[0]) + offset);
  }

 private:
  Distribution distribution_;
};

class IntegerDraws : public RandomKernel {
 public:
  IntegerDraws(int64_t rows, int64_t row_elements, const OperandReference& low, const OperandReference& high,
               const RandomOperands& operands)
      : RandomKernel(rows, row_elements, group_elements, operands), low_(low), high_(high) {}

 protected:
  void draw(const Stream& stream, int64_t first, int64_t last, int64_t offset,
            const Arguments& arguments) const override {
    const auto low = static_cast<uint64_t>(low_.in(arguments.operands).integer);
    const uint64_t range = static_cast<uint64_t>(high_.in(arguments.operands).integer) - low;
    auto* out = static_cast<int64_t*>(arguments.outputs[0]) + offset;
    alignas(64) std::array<uint32_t, random_group> words;
    for (int64_t group = first; group < last; ++group) {
      loops_.words(static_cast<uint32_t>(group), stream.row, stream.c2, stream.c3, stream.k0, stream.k1, words.data());
      const int64_t begin = group * group_elements;
      const int64_t count = std::min(group_elements, row_elements_ - begin);
      for (int64_t l = 0; l < count; ++l) {
        const auto at = static_cast<size_t>(l);
        const uint64_t bits = words[at] | uint64_t{words[at + group_elements]} << 32U;
        const auto scaled = static_cast<uint64_t>((static_cast<Wide>(bits) * range) >> 64U);
        out[begin + l] = static_cast<int64_t>(low + scaled);
      }
    }
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr int64_t group_elements = random_group / 2;

  OperandReference low_;
  OperandReference high_;
};

std::unique_ptr<Kernel> make_random(Distribution distribution, tensor::DType dtype, int64_t rows, int64_t row_elements,
                                    const RandomOperands& operands) {
  return make_real<RealDraws>(dtype, distribution, rows, row_elements, operands);
}

void draw_host(Distribution distribution, std::span<float> out, const RandomKey& key, const RandomPosition& position) {
  const auto n = static_cast<int64_t>(out.size());
  draw_row(*active_loops().random, distribution, Stream(key, position), 0, ceil_divide(n, random_group), n, out.data());
}

// Words one after the other, for what needs an unknown number of them.
class WordSequence {
 public:
  explicit WordSequence(const Stream& stream) : stream_(stream) {}

  uint32_t next() {
    if (used_ == words_.size()) {
      active_loops().random->words(group_++, stream_.row, stream_.c2, stream_.c3, stream_.k0, stream_.k1,
                                   words_.data());
      used_ = 0;
    }
    return words_[used_++];
  }

  // In [0, bound), unbiased: Lemire, "Fast random integer generation in an interval", 2019.
  uint32_t below(uint32_t bound) {
    uint64_t product = uint64_t{next()} * bound;
    const uint32_t threshold = (0U - bound) % bound;
    while (static_cast<uint32_t>(product) < threshold) {
      product = uint64_t{next()} * bound;
    }
    return static_cast<uint32_t>(product >> 32U);
  }

 private:
  Stream stream_;
  std::array<uint32_t, random_group> words_{};
  size_t used_ = random_group;
  uint32_t group_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_random_uniform(tensor::DType dtype, int64_t rows, int64_t row_elements,
                                            const RandomOperands& operands) {
  return make_random(Distribution::uniform, dtype, rows, row_elements, operands);
}

std::unique_ptr<Kernel> make_random_normal(tensor::DType dtype, int64_t rows, int64_t row_elements,
                                           const RandomOperands& operands) {
  return make_random(Distribution::normal, dtype, rows, row_elements, operands);
}

std::unique_ptr<Kernel> make_random_integers(int64_t rows, int64_t row_elements, const OperandReference& low,
                                             const OperandReference& high, const RandomOperands& operands) {
  return std::make_unique<IntegerDraws>(rows, row_elements, low, high, operands);
}

void uniform_host(std::span<float> out, const RandomKey& key, const RandomPosition& position) {
  draw_host(Distribution::uniform, out, key, position);
}

void normal_host(std::span<float> out, const RandomKey& key, const RandomPosition& position) {
  draw_host(Distribution::normal, out, key, position);
}

std::vector<uint32_t> permutation(const RandomKey& key, uint64_t epoch, uint32_t n) {
  std::vector<uint32_t> order(n);
  for (uint32_t i = 0; i < n; ++i) {
    order[i] = i;
  }
  WordSequence words(Stream(key, {.step = epoch}));
  for (uint32_t i = n; i > 1; --i) {
    std::swap(order[i - 1], order[words.below(i)]);
  }
  return order;
}

}  // namespace atelier::kernels
