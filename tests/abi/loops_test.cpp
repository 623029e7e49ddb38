// Loops in a model's code: over the rows of an image in training, over its pixels in sampling; and numbers that change.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/purposes.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string pixels(const std::string& settings) {
  return "[model]\nuse = \"pixels\"\n" + settings + "[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.0\n";
}

struct Sampled {
  std::vector<float> values;  // (n, pixels)
  int64_t plans = 0;
};

// Samples n images in a session of its own, as the trainer does.
Sampled sample(const std::string& text, int64_t n, uint64_t seed) {
  Bench bench(make(text));
  execute::Executor executor(2);
  execute::Session session(execute::Mode::sample, tensor::DType::f32, bench->built.bank(), executor,
                           bench->built.arena());
  session.begin({seed, purpose_sampling, 0, 0});
  const uint32_t images = *bench->built.model().sample(session, n, {});
  session.end(std::span(&images, 1));
  session.start();
  Sampled out;
  for (const execute::StepResult& result : session.wait().entries) {
    if (result.kind == record::OutputKind::requested) {
      const auto* data = result.tensor->storage.as<float>();
      out.values.assign(data, data + result.tensor->shape.elements());
    }
  }
  out.plans = session.plans_made();
  return out;
}

}  // namespace

TEST_CASE("a network unrolled over 28 rows learns, in one plan") {
  const std::string text =
      "[dataset]\nuse = \"shapes\"\nsize = 28\ncount = 256\ntest_count = 64\n[model]\nuse = \"recurrent\"\n"
      "[optimizer]\nuse = \"adam\"\nlearning_rate = 5e-3\n[train]\nsteps = 160\nbatch_size = 64\n";
  const Run run = train(text);
  const std::vector<double> loss = run.train("loss");
  CHECK(loss.front() == doctest::Approx(std::log(5.0)).epsilon(0.2));
  CHECK(mean_of(loss, 150, 10) < 0.75 * loss.front());
  CHECK(run.evaluated("accuracy") > 0.3);

  Bench bench(make(text));
  bench.step();
  using Clock = std::chrono::steady_clock;
  double recording = 0;
  const auto begin = Clock::now();
  for (int64_t step = 2; step < 40; ++step) {
    const auto before = Clock::now();
    bench->steps.record(step, 1000, {});
    recording += std::chrono::duration<double>(Clock::now() - before).count();
    bench->steps.session().start(bench->steps.batches().prefetch());
    bench->steps.session().wait();
    bench->steps.batches().step_done();
  }
  const double total = std::chrono::duration<double>(Clock::now() - begin).count();
  MESSAGE("recording: " << recording / 38 * 1e6 << " us of " << total / 38 * 1e6 << " us a step of "
                        << bench->steps.session().recorder().recorded_calls() << " calls");
  CHECK(bench->steps.session().plans_made() == 1);
}

TEST_CASE("a sampling loop with materialize runs few small plans, and gives the recurrence's values") {
  const Sampled images = sample(pixels(""), 3, 11);
  REQUIRE(images.values.size() == 3 * 64);
  float expected = 0.25F;
  for (size_t i = 0; i < 64; ++i) {
    CHECK(images.values[i] == expected);
    CHECK(images.values[128 + i] == expected);
    expected = expected * 0.5F + 0.25F;
  }
  CHECK(images.plans <= 4);  // the first pixel, the second, those after it, and the end
}

TEST_CASE("cutting a recording changes neither the draws nor the bits") {
  const Sampled cut = sample(pixels("noise = 0.5\n"), 5, 11);
  const Sampled whole = sample(pixels("noise = 0.5\ncut = false\n"), 5, 11);
  CHECK(cut.values == whole.values);
  CHECK(whole.plans == 1);
  CHECK(cut.plans <= 4);
  CHECK(sample(pixels("noise = 0.5\n"), 5, 12).values != cut.values);
  for (size_t i = 1; i < 64; ++i) {  // the draw that is left over is in (0, 1), and not the same twice
    const float draw = (cut.values[i] - cut.values[i - 1] * 0.5F - 0.25F) / 0.5F;
    CHECK(draw > -1e-5F);
    CHECK(draw < 1 + 1e-5F);
  }
  // An image depends on its index, not on how many are made beside it.
  const Sampled two = sample(pixels("noise = 0.5\n"), 2, 11);
  CHECK(std::equal(two.values.begin(), two.values.end(), cut.values.begin()));
}

TEST_CASE("a value that is read while sampling stays usable") {
  const Sampled read = sample(pixels("noise = 0.5\npeek = true\n"), 2, 11);
  CHECK(read.values == sample(pixels("noise = 0.5\n"), 2, 11).values);
  CHECK(read.plans <= 4);
}

TEST_CASE("pixel-by-pixel samples go through a whole run") {
  const Run run = train(pixels("noise = 0.25\n"));
  const runlog::Images first = run.log().samples("generated", 0);
  CHECK(first.pixels.size() == 4 * 64);
  CHECK(first.pixels[0] == 64);  // 0.25 of 255
  CHECK(std::ranges::min(first.pixels) >= 64);
}

TEST_CASE("a coefficient that changes from step to step makes no new plan") {
  const std::string text = "[model]\nuse = \"mishaps\"\nmishap = \"anneal\"\n[train]\nsteps = 21\nbatch_size = 16\n";
  const Run run = train(text);
  const std::vector<double> coefficient = run.train("coefficient");
  const std::vector<double> loss = run.train("loss");
  const std::vector<double> error = run.train("error");
  for (size_t i = 0; i < 21; ++i) {
    CHECK(coefficient[i] == doctest::Approx(static_cast<double>(i) / 20));
    CHECK(loss[i] == doctest::Approx(error[i] * coefficient[i]));
  }
  Bench bench(make(text));
  for (int i = 0; i < 10; ++i) {
    bench.step();
  }
  CHECK(bench->steps.session().plans_made() == 1);
}
