// A model, a loss, an optimizer and a dataset that end the process, each in another way and place.
#include <unistd.h>

#include <atelier/dataset.hpp>
#include <atelier/loss.hpp>
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace atelier;

// The compiler shall not see what becomes of it.
volatile int zero = 0;
volatile uintptr_t nowhere = 8;

int endless(int depth) {
  volatile int room[256] = {depth};
  return zero != 0 ? room[zero] : endless(depth + room[0] % 2 + 1) + room[zero];
}

// All that it may have, and uses it.
void take_memory() {
  constexpr size_t piece = size_t{64} << 20U;
  for (std::vector<std::vector<char>> pieces;;) {
    pieces.emplace_back(piece, static_cast<char>(pieces.size()));
  }
}

// Where the file that CRASH_ONCE names is not there yet.
void crash_once() {
  const char* const name = std::getenv("CRASH_ONCE");
  if (name != nullptr && !std::ifstream(name)) {
    std::ofstream file(name);
    file.close();
    *reinterpret_cast<volatile int*>(nowhere) = 1;
  }
}

void throw_it() {
  throw std::runtime_error("not from here");
}

void crash(const std::string& how) {
  if (how == "segmentation fault") *reinterpret_cast<volatile int*>(nowhere) = 1;
  if (how == "abort") std::abort();
  if (how == "division") zero = static_cast<int>(nowhere) / zero;
  if (how == "illegal") raise(SIGILL);
  if (how == "bus") raise(SIGBUS);
  if (how == "recursion") zero = endless(0);
  if (how == "exit") std::exit(0);
  if (how == "quick_exit") std::quick_exit(0);
  if (how == "_exit") ::_exit(0);
  if (how == "thread") std::thread([] { throw std::runtime_error("nobody caught me"); }).join();
  if (how == "exit thread") std::thread([] { std::exit(0); }).join();
  if (how == "terminate") []() noexcept { throw_it(); }();
  if (how == "child" && fork() == 0) ::_exit(3);
  if (how == "loop") {
    while (zero == 0) {
    }
  }
  if (how == "memory") take_memory();
  if (how == "killed") kill(getpid(), SIGKILL);
  if (how == "once") crash_once();
}

void describe_crash(Description& d) {
  d.text("how", "none", "in which way");
  d.text("where", "train_step", "in which function");
}

class Crashing final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "The mean image.";
    describe_crash(d);
    d.loss("reconstruction", "reconstruction", "mse", "what is minimized");
  }
  Crashing(const Settings& settings, const DataSpec& data, Builder& build)
      : how_(settings.text("how")),
        where_(settings.text("where")),
        image_(data.image().dims),
        mean_(build.group("mean").parameter("image", {data.image().elements()}, Initializer::constant(0))),
        reconstruction_(build.loss("reconstruction")) {
    crash_in("constructor");
  }
  ~Crashing() override { crash_in("destructor"); }
  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor loss = reconstruction_(broadcast_to(mean_.use(x), {x.dim(0), x.dim(1)}), x);
    step.minimize("mean", loss);
    step.log("loss", loss);
    if (step.step() == 5) {
      if (where_ == "after a failure") {
        static_cast<void>(x.reshape({3, 5}));
        crash(how_);
      }
      crash_in("train_step");
    }
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", mean(square(x - mean_.use(x)), {1}));
    crash_in("evaluate");
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    crash_in("sample");
    return broadcast_to(mean_.use(s.scalar(0)), {n, image_[0] * image_[1] * image_[2]})
        .reshape({n, image_[0], image_[1], image_[2]});
  }

 private:
  void crash_in(const std::string& where) const {
    if (where == where_) {
      crash(how_);
    }
  }

  std::string how_, where_;
  std::vector<int64_t> image_;
  Parameter mean_;
  Reconstruction reconstruction_;
};

class CrashingLoss final : public ReconstructionLoss {
 public:
  static void describe(Description& d) {
    d.summary = "The squared error.";
    describe_crash(d);
  }
  CrashingLoss(const Settings& settings, const DataSpec&, Builder&) : how_(settings.text("how")) {}
  Tensor per_sample(Tensor output, Tensor target) const override {
    if (++calls_ == 5) {
      crash(how_);
    }
    return sum(square(output - target), {1});
  }
  Tensor image(Tensor output) const override { return output; }

 private:
  std::string how_;
  mutable int calls_ = 0;
};

class CrashingOptimizer final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description& d) {
    d.summary = "Gradient descent.";
    d.number("learning_rate", 0.01, "step size").range(0);
    describe_crash(d);
  }
  explicit CrashingOptimizer(const Settings& settings) : how_(settings.text("how")), where_(settings.text("where")) {}
  void begin_update(const Update& update, double* scalars) const {
    scalars[0] = update.learning_rate;
    scalars[1] = update.t == 5 ? 1 : 0;
    if (update.t == 5 && where_ == "begin_update") {
      crash(how_);
    }
  }
  void update(const double* scalars, size_t count, float* parameter, const float* gradient, float* const*) const {
    if (scalars[1] != 0 && where_ == "update") {
      crash(how_);
    }
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<float>(scalars[0]) * gradient[i];
    }
  }

 private:
  std::string how_, where_;
};

class CrashingDataset final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Grey images.";
    describe_crash(d);
  }
  CrashingDataset(const Settings& settings, const Environment&) : how_(settings.text("how")) {
    fields = {Field::image("image", {1, 8, 8})};
    train_count = 64;
    test_count = 16;
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    if (index == 17) {
      crash(how_);
    }
    std::fill_n(sample.reals(0), 64, static_cast<float>(index % 8) / 8.0F);
  }

 private:
  std::string how_;
};

struct AtLoading {  // a static initializer, which runs before anybody asked
  AtLoading() {
    if (const char* how = std::getenv("CRASH_AT_LOADING")) {
      crash(how);
    }
  }
};
const AtLoading at_loading;

}  // namespace

ATELIER_MODEL("crashing", Crashing)
ATELIER_LOSS("crashing", CrashingLoss)
ATELIER_OPTIMIZER("crashing", CrashingOptimizer)
ATELIER_DATASET("crashing", CrashingDataset)
