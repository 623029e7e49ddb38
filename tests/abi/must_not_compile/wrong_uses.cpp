// Mistakes of authors that the wrapper's deleted functions and assertions keep from compiling. Each stands in here
// under a name of its own: a test defines one of them, and wants the compiler to name the deleted function or to say
// the assertion's sentence. A test that defines none shows that nothing else in here is wrong.
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
#ifdef ACTION_OF_TENSORS
    after_update(real, network.group(), network);
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

#ifdef UPDATE_OF_OTHER_ARGUMENTS
class Ascent final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description&) {}
  explicit Ascent(const Settings&) {}
  void begin_update(const Update&, double*) const {}
  void update(size_t, float*, const float*) const {}
};
ATELIER_OPTIMIZER("ascent", Ascent)
#endif

class Pictures final : public Dataset {
  void read(Split, int64_t, const Sample&) const override {}
};

class Score final : public Metric {
  std::vector<Tensor> batch(Measurement&) const override { return {}; }
  ValueLists finish(const CollectedValues&) const override { return {}; }
};

struct Judgement {
  Tensor logits, hidden;
};

// What is given as a network or a layer is called with a tensor, and gives one.
void call(const Builder& build, Tensor images) {
  const auto judge = [](Tensor x) { return Judgement{x, x}; };
  int64_t calls = 0;
  const auto counting = [calls](Tensor x) mutable {
    ++calls;
    return x;
  };
  const auto conditional = [](Tensor x, Tensor y) { return x + y; };
#ifdef NETWORK_OF_ANOTHER_RESULT
  (void)Adversarial().generator(judge, images);
#endif
#ifdef NETWORK_THAT_IS_NOT_CONST
  (void)Adversarial().generator(counting, images);
#endif
#ifdef NETWORK_OF_TWO_TENSORS
  (void)Adversarial().discriminator(conditional, images, images);
#endif
#ifdef LAYER_OF_ANOTHER_RESULT
  Sequential(build).add<Recurrent>("lstm", 4, 4);
#endif
#ifdef LAYER_THAT_IS_NOT_CONST
  Sequential(build).add(counting);
#endif
#ifdef LAYER_IN_A_RESIDUAL
  (void)Residual(Sequential(build).add(judge));
#endif
#ifdef LAYER_OF_OTHER_ARGUMENTS
  Sequential(build).add<Linear>("output", 4, 4);
#endif
  (void)build, (void)images, (void)judge, (void)counting, (void)conditional;
}

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
  call(Builder(nullptr), Tensor());
  Painter painter;
  Descent descent;
  Pictures pictures;
  Score score;
  GreySource source("pictures", environment, GreySource::Labels::welcome);
  copy(painter, descent, pictures, score, source);
  (void)Critic();
}
