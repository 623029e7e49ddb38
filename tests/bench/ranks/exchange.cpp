// How long ranks take to add up so many bytes each: mpirun -n R exchange_times. The first prints a line for each size,
// bytes and microseconds, the shortest of all turns.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "kernels/rank_exchange.hpp"
#include "ranks/joined.hpp"
#include "ranks/launched.hpp"
#include "tensor/storage.hpp"

namespace {

using namespace atelier;
using Clock = std::chrono::steady_clock;

double microseconds_of(Ranks& ranks, int64_t bytes) {
  const int64_t elements = bytes / 4;
  const auto shards = static_cast<size_t>(ranks.count());
  const auto kernel = kernels::make_rank_sum(ranks, {{{{elements}, tensor::DType::f32}}, shards, 0});
  const std::vector<float> own(static_cast<size_t>(elements), 1.0F);
  std::vector<float> sum(own.size());
  tensor::Storage workspace(kernel->workspace_bytes());
  const void* const inputs[] = {own.data()};
  void* const outputs[] = {sum.data()};
  const kernels::Arguments arguments{inputs, outputs, nullptr, workspace.data(), nullptr};
  std::vector<double> turns;
  const Clock::time_point begun = Clock::now();
  constexpr size_t fewest = 5, most = 300;
  bool goes_on = true;
  while (goes_on) {
    (void)ranks.gathered("");
    (void)ranks.shared_value(0);  // all begin at once, or nearly
    const Clock::time_point begin = Clock::now();
    for (int64_t phase = 0; phase < kernel->phases(); ++phase) {
      for (int64_t piece = 0; piece < kernel->pieces(phase); ++piece) {
        kernel->run(phase, piece, arguments);
      }
      while (kernel->waits(phase) && !kernel->is_done(phase)) {
        std::this_thread::yield();
      }
    }
    turns.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    goes_on = ranks.shared_value(turns.size() < fewest ||
                                 (turns.size() < most && Clock::now() - begun < std::chrono::milliseconds(300)));
  }
  return std::ranges::min(turns);
}

}  // namespace

int main() {
  const auto launched = ranks::launched();
  if (!launched) {
    fmt::print(stderr, "exchange_times: expected to be one of several processes; hint: mpirun -n 2\n");
    return 2;
  }
  const auto ranks = ranks::join(*launched);
  constexpr int64_t largest = int64_t{1} << 24U;
  for (int64_t bytes = 4; bytes <= largest; bytes *= 4) {
    const double time = microseconds_of(*ranks, bytes);
    if (ranks->is_first()) {
      fmt::print("{} {:.2f}\n", bytes, time);
    }
  }
  ranks->end(0);
  return 0;
}
