// Runs kernels in tests, over plain vectors: all phases, and the pieces of each in a chosen order or on several
// threads.
#pragma once

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "kernels/isa.hpp"
#include "kernels/kernel.hpp"
#include "only_threads.hpp"
#include "tensor/storage.hpp"

namespace atelier::kernels::test {

enum class Order { forward, reverse, shuffled, threads };
inline const std::vector<Order> all_orders =
    only_threads ? std::vector{Order::threads}
                 : std::vector{Order::forward, Order::reverse, Order::shuffled, Order::threads};

// Scratch and workspace are filled with garbage, as kernels may not rely on what they hold.
inline tensor::Storage garbage(size_t bytes) {
  tensor::Storage storage(bytes + tensor::alignment);
  std::memset(storage.data(), 0xA5, storage.size());
  return storage;
}

inline void run_kernel(const Kernel& kernel, const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                       const std::vector<Operand>& operands = {}, Order order = Order::forward) {
  const tensor::Storage workspace = garbage(kernel.workspace_bytes());
  const auto run_pieces = [&](int64_t phase, const std::vector<int64_t>& pieces) {
    const tensor::Storage scratch = garbage(kernel.scratch_bytes());
    for (const int64_t piece : pieces) {
      kernel.run(phase, piece, {inputs.data(), outputs.data(), operands.data(), workspace.data(), scratch.data()});
    }
  };
  for (int64_t phase = 0; phase < kernel.phases(); ++phase) {
    std::vector<int64_t> pieces(static_cast<size_t>(kernel.pieces(phase)));
    for (size_t i = 0; i < pieces.size(); ++i) {
      pieces[i] = static_cast<int64_t>(i);
    }
    if (order == Order::reverse) {
      std::reverse(pieces.begin(), pieces.end());
    } else if (order == Order::shuffled) {
      std::shuffle(pieces.begin(), pieces.end(), std::mt19937(7));
    }
    if (order != Order::threads) {
      run_pieces(phase, pieces);
      continue;
    }
    const auto middle = pieces.begin() + static_cast<ptrdiff_t>(pieces.size() / 2);
    std::thread other(run_pieces, phase, std::vector<int64_t>(pieces.begin(), middle));
    run_pieces(phase, std::vector<int64_t>(middle, pieces.end()));
    other.join();
  }
}

// The one output of a kernel whose inputs and output are vectors.
template <typename Out, typename... Inputs>
std::vector<Out> result_of(const Kernel& kernel, size_t elements, const std::vector<Operand>& operands, Order order,
                           const std::vector<Inputs>&... inputs) {
  std::vector<Out> out(elements);
  run_kernel(kernel, {static_cast<const void*>(inputs.data())...}, {out.data()}, operands, order);
  return out;
}

// Numbers in [-2, 2), the same on every machine.
template <typename T>
std::vector<T> numbers(size_t n, uint32_t seed = 1) {
  std::mt19937 engine(seed);
  std::vector<T> out(n);
  for (T& x : out) {
    x = static_cast<T>(static_cast<double>(engine()) * 0x1p-30 - 2.0);
  }
  return out;
}

// Equal bits, so that nan equals itself.
template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

inline std::vector<Isa> supported_isas() {
  std::vector<Isa> isas;
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    if (is_supported(isa)) {
      isas.push_back(isa);
    }
  }
  return isas;
}

// Pins an instruction set for a scope.
class PinnedIsa {
 public:
  explicit PinnedIsa(Isa isa) : before_(active_isa()) { set_active_isa(isa); }
  ~PinnedIsa() { set_active_isa(before_); }
  PinnedIsa(const PinnedIsa&) = delete;
  PinnedIsa& operator=(const PinnedIsa&) = delete;

 private:
  Isa before_;
};

}  // namespace atelier::kernels::test
