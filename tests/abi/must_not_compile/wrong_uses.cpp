// Mistakes of authors that the wrapper's deleted functions keep from compiling. Each stands in here under a name of its
// own: a test defines one of them, and wants the compiler to name the deleted function. A test that defines none shows
// that nothing else in here is wrong.
#include <atelier/atelier.hpp>
#include <atelier/derived_data.hpp>

using namespace atelier;

namespace {

struct Clip {
  void operator()(atl_context* context, Parameter weight) const {
    weight.assign(clamp(weight.use(context), -0.1, 0.1));
  }
};

class Critic final : public AdversarialLoss {
 public:
  Tensor discriminator(const Network& network, Tensor real, Tensor fake) const override {
    after_update(real, network.group(), clip_);
#ifdef ACTION_THAT_IS_GONE
    after_update(real, network.group(), Clip());
#endif
    return mean(network(fake)) - mean(network(real));
  }
  Tensor generator(const Network& network, Tensor fake) const override {
    return -mean(network(fake));
  }

 private:
  Clip clip_;
};

class Painter final : public Model {
  void train_step(Step&) const override {}
  void evaluate(Evaluation&) const override {}
};

class Descent final : public Optimizer {
  void begin_update(const Update&, double*) const {}
  void update(const double*, size_t, float*, const float*, float* const*) const {}
};

class Pictures final : public Dataset {
  void read(Split, int64_t, const Sample&) const override {}
};

class Score final : public Metric {
  std::vector<Tensor> batch(Measurement&) const override { return {}; }
  ValueLists finish(const CollectedValues&) const override { return {}; }
};

// What the host knows by its address, and what points into itself.
void copy(Painter& painter, Descent& descent, Pictures& pictures, Score& score, GreySource& source) {
#ifdef COPIED_MODEL
  const Painter copied(painter);
#endif
#ifdef ASSIGNED_MODEL
  painter = Painter();
#endif
#ifdef COPIED_OPTIMIZER
  const Descent copied(descent);
#endif
#ifdef ASSIGNED_OPTIMIZER
  descent = Descent();
#endif
#ifdef COPIED_DATASET
  const Pictures copied(pictures);
#endif
#ifdef ASSIGNED_DATASET
  pictures = Pictures();
#endif
#ifdef COPIED_METRIC
  const Score copied(score);
#endif
#ifdef ASSIGNED_METRIC
  score = Score();
#endif
#ifdef COPIED_SOURCE
  const GreySource copied(source);
#endif
#ifdef ASSIGNED_SOURCE
  source = source;
#endif
  (void)painter, (void)descent, (void)pictures, (void)score, (void)source;
}

}  // namespace

void use(const Environment& environment);
void use(const Environment& environment) {
  Painter painter;
  Descent descent;
  Pictures pictures;
  Score score;
  GreySource source("pictures", environment, GreySource::Labels::welcome);
  copy(painter, descent, pictures, score, source);
  (void)Critic();
}
