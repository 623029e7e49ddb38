// Random numbers that are counted, not consumed: each is a function of a key and of where it is used, so nothing has to
// be saved, and no order of drawing matters. Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
// 3", 2011).
//
// Key: the 64 bits of splitmix64(splitmix64(seed) xor purpose), low half first.
// Counter of four 32-bit words: (block, row, step mod 2^32, ordinal + 2^16 (step / 2^32)). So there are up to 2^32
// rows, 2^16 draws in a step, and 2^48 steps; higher bits are dropped. A block is four words. A row's elements are made
// in groups of 64: element 64 g + 16 w + l comes of word w of block 16 g + l; for normal numbers, of words 2 (w / 2)
// and 2 (w / 2) + 1.
//
// Uniform numbers are odd multiples of 2^-24 in (0, 1). Normal ones are made by Box and Muller's method; |x| < 6.6.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

struct RandomKey {
  uint64_t seed = 0;
  uint64_t purpose = 0;  // what the numbers are for: another purpose gives another stream
};

struct RandomPosition {
  uint64_t step = 0;
  uint64_t ordinal = 0;  // which draw of the step
  uint64_t row = 0;      // place in the batch
};

// All operands are read when the kernel runs, as integers.
struct RandomOperands {
  OperandReference seed;
  OperandReference purpose;
  OperandReference step;
  OperandReference ordinal;
  OperandReference first_row;
  int64_t shard = 0;  // the rows are those of this piece of a batch, whose pieces have equally many
};

// Output (rows, row_elements), f32 or f64 (the same numbers, converted). Row r has the numbers of place first_row +
// shard rows + r, whatever batch it is drawn in.
std::unique_ptr<Kernel> make_random_uniform(tensor::DType dtype, int64_t rows, int64_t row_elements,
                                            const RandomOperands& operands);
std::unique_ptr<Kernel> make_random_normal(tensor::DType dtype, int64_t rows, int64_t row_elements,
                                           const RandomOperands& operands);

// Output (rows, row_elements), int64 in [low, high), which is read when the kernel runs; no value where it is empty,
// but low. Element 32 g + l of a row is made of words l and 32 + l of its group g, low half first: of those 64 bits
// times the range, the upper 64, so that no value is more likely than another by more than range / 2^64 of its share.
std::unique_ptr<Kernel> make_random_integers(int64_t rows, int64_t row_elements, const OperandReference& low,
                                             const OperandReference& high, const RandomOperands& operands);

// One row, at once: the same numbers as the kernels'. For initial values.
void uniform_host(std::span<float> out, const RandomKey& key, const RandomPosition& position = {});
void normal_host(std::span<float> out, const RandomKey& key, const RandomPosition& position = {});

// 0 .. n - 1 in random order (Fisher and Yates, with unbiased bounded draws), n < 2^32; another for each epoch.
std::vector<uint32_t> permutation(const RandomKey& key, uint64_t epoch, uint32_t n);

}  // namespace atelier::kernels
