// The speed of the kernels that the cases of tests/bench/steps run, in their shapes, on one core.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "kernels/sgemm.hpp"
#include "measure.hpp"

namespace atelier::bench {
namespace {

std::vector<tensor::Storage> buffers(const std::vector<int64_t>& lengths) {
  std::vector<tensor::Storage> out;
  for (const int64_t length : lengths) {
    out.emplace_back(static_cast<size_t>(length) * sizeof(float));
    float* numbers = out.back().as<float>();
    for (int64_t i = 0; i < length; ++i) {
      numbers[i] = static_cast<float>(i % 251 + 1) / 252.0F;
    }
  }
  return out;
}

std::vector<void*> addresses(std::vector<tensor::Storage>& storages) {
  std::vector<void*> out;
  for (tensor::Storage& storage : storages) {
    out.push_back(storage.data());
  }
  return out;
}

void run(benchmark::State& state, const MakeKernel& make, const Work& work) {
  const std::unique_ptr<kernels::Kernel> kernel = make();
  std::vector<tensor::Storage> input_memory = buffers(work.inputs);
  std::vector<tensor::Storage> output_memory = buffers(work.outputs);
  tensor::Storage workspace(std::max<size_t>(kernel->workspace_bytes(), 1));
  tensor::Storage scratch(std::max<size_t>(kernel->scratch_bytes(), 1));
  const std::vector<void*> addressed = addresses(input_memory);
  const std::vector<const void*> inputs(addressed.begin(), addressed.end());
  const std::vector<void*> outputs = addresses(output_memory);
  const kernels::Arguments arguments{inputs.data(), outputs.data(), nullptr, workspace.data(), scratch.data()};
  for (auto _ : state) {
    for (int64_t phase = 0; phase < kernel->phases(); ++phase) {
      for (int64_t piece = 0; piece < kernel->pieces(phase); ++piece) {
        kernel->run(phase, piece, arguments);
      }
    }
    benchmark::ClobberMemory();
  }
  double bytes = 0;
  for (const auto* memory : {&input_memory, &output_memory}) {
    for (const tensor::Storage& storage : *memory) {
      bytes += static_cast<double>(storage.size());
    }
  }
  if (work.flops > 0) {
    state.counters["GFLOP/s"] = benchmark::Counter(1e-9 * work.flops, benchmark::Counter::kIsIterationInvariantRate);
  }
  state.counters["GB/s"] = benchmark::Counter(1e-9 * bytes, benchmark::Counter::kIsIterationInvariantRate);
}

// GFLOP/s of a 1024-cubed product in single precision.
double sgemm_peak() {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t n = 1024;
  const std::vector<float> a(n * n, 0.5F);
  const std::vector<float> b(n * n, 0.25F);
  std::vector<float> c(n * n);
  double best = 0;
  for (int i = 0; i < 50; ++i) {
    const Clock::time_point start = Clock::now();
    kernels::multiply(false, false, n, n, n, a.data(), n, b.data(), n, false, c.data(), n);
    best = std::max(best, 2e-9 * n * n * n / std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

void measure(const std::string& name, MakeKernel make, Work work) {
  benchmark::RegisterBenchmark(name.c_str(), [make = std::move(make), work = std::move(work)](benchmark::State& state) {
    run(state, make, work);
  })->Unit(benchmark::kMicrosecond);
}

}  // namespace atelier::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  benchmark::AddCustomContext("sgemm peak, one core", fmt::format("{:.0f} GFLOP/s", atelier::bench::sgemm_peak()));
  atelier::bench::register_matrices();
  atelier::bench::register_convolutions();
  atelier::bench::register_images();
  atelier::bench::register_recurrent();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
