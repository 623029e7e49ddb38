// Compiled with -fno-exceptions: an author's whole plugin, whose failures go through fail().
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>

#if defined(__cpp_exceptions)
#error "this plugin is meant to be compiled without exceptions"
#endif

namespace {

using namespace atelier;

class Quiet final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Learns the mean image.";
    d.text("fails", "", "where it gives up").choices({"", "settings", "build", "step"});
  }
  Quiet(const Settings& settings, const DataSpec& data, Builder& build)
      : fails_(settings.text("fails")),
        image_{data.channels(), data.height(), data.width()},
        mean_(build.group("mean").parameter("image", {1, data.image().elements()}, Initializer::constant(0))) {
    inform("quiet: a mean of " + std::to_string(data.image().elements()) + " pixels");
    if (fails_ == "settings") {
      settings.fail("model.fails: these settings cannot be");
    }
    if (fails_ == "build") {
      build.fail("images of this size cannot be");
    }
  }
  void train_step(Step& step) const override {
    if (fails_ == "step") {
      step.fail("this step cannot be");
    }
    const Tensor x = step.images().flatten();
    const Tensor loss = mean(square(x - mean_.use(x)));
    step.minimize("mean", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", mean(square(x - mean_.use(x)), {1}));
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    return broadcast_to(mean_.use(s.context()).reshape({1, image_[0], image_[1], image_[2]}),
                        {n, image_[0], image_[1], image_[2]});
  }

 private:
  std::string fails_;
  std::vector<int64_t> image_;
  Parameter mean_;
};

// w -= learning rate * g
class Plain final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description& d) {
    d.summary = "Gradient descent.";
    d.number("learning_rate", 0.01, "step size").range(0);
    d.flag("fails", false, "give up");
  }
  explicit Plain(const Settings& settings) {
    if (settings.flag("fails")) {
      settings.fail("optimizer.fails: this optimizer cannot be");
    }
  }
  void begin_update(const Update& update, double* scalars) const { scalars[0] = update.learning_rate; }
  void update(const double* scalars, size_t count, float* parameter, const float* gradient, float* const*) const {
    const auto rate = static_cast<float>(scalars[0]);
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= rate * gradient[i];
    }
  }
};

}  // namespace

ATELIER_MODEL("quiet", Quiet)
ATELIER_OPTIMIZER("plain", Plain)
