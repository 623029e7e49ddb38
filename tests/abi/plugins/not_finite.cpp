// Numbers that go bad in one place while all others, the loss first, stay finite.
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>
#include <limits>

namespace {

using namespace atelier;

constexpr double infinity = std::numeric_limits<double>::infinity();

class NotFinite final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Learns one number; something goes bad at a step of one's choice.";
    d.text("place", "nowhere", "what goes bad")
        .choices({"nowhere", "gradient", "state", "norm", "masked", "evaluation", "sample", "failure",
                  "failure after a read"});
    d.integer("from", 4, "the first step of which that is true");
  }
  NotFinite(const Settings& settings, const DataSpec& data, Builder& build)
      : place_(settings.text("place")),
        from_(settings.integer("from")),
        image_{data.channels(), data.height(), data.width()},
        number_(build.group("g").parameter("number", {2}, Initializer::constant(1))),
        state_(build.state("seen", {2}, 0)) {}

  void train_step(Step& step) const override {
    const bool bad = step.step() >= from_;
    const auto is = [&](const char* place) { return bad && place_ == place; };
    const Tensor number = number_.use(step.context());
    const Tensor zero = step.full({2}, is("gradient") ? 0 : 1);
    Tensor loss = sum(square(number - 3));
    loss = loss + sum(sqrt(square(number * zero))) * 0.001;  // PLACE: gradient
    loss = loss + norm(number - 1.0) * 0.001;  // at the first step of 0, whose gradient is none unless it is said
    if (is("norm")) {
      loss = loss + sum(number) * 1e20;  // PLACE: norm
    }
    if (is("masked")) {
      const Tensor far = log(number * 0.0);  // minus infinity, and behind a mask
      loss = loss + sum(select(less(number, -1000.0), far.detach(), number)) * 0.001;
    }
    step.minimize("g", loss);
    if (is("failure after a read") && step.read(loss)[0] > 0) {
      step.fail("this loss is not liked");  // when the update before the read has been made
      return;
    }
    if (is("failure")) {
      step.fail("this loss is not liked");
      return;
    }
    const Tensor seen = number.detach();
    state_.assign(is("state") ? seen / (seen - seen) : seen);  // PLACE: state
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor number = number_.use(e.context());
    const Tensor x = mean(e.images().flatten(), {1});
    const bool bad = place_ == "evaluation";
    e.add_per_sample("loss", bad ? log(x - x) : x + sum(number) * 0.0);  // PLACE: evaluation
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    return s.full({n, image_[0], image_[1], image_[2]}, place_ == "sample" ? infinity : 0.5);
  }

 private:
  std::string place_;
  int64_t from_;
  std::vector<int64_t> image_;
  Parameter number_;
  Parameter state_;
};

// w -= learning rate sign(g), which takes no notice of a gradient that is not a number, and one slot.
class Careless final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"kept"};
  static void describe(Description& d) {
    d.summary = "Steps of one size.";
    d.number("learning_rate", 0.01, "step size").range(0);
    d.text("fault", "none", "what goes bad").choices({"none", "update", "slot"});
    d.integer("from", 4, "the first update of which that is true");
  }
  explicit Careless(const Settings& settings) : fault_(settings.text("fault")), from_(settings.integer("from")) {}
  void begin_update(const Update& update, double* scalars) const {
    const bool bad = update.t >= from_;
    scalars[0] = bad && fault_ == "update" ? infinity : update.learning_rate;
    scalars[1] = bad && fault_ == "slot" ? infinity : 0;
  }
  void update(const double* scalars, size_t count, float* parameter, const float* gradient,
              float* const* arrays) const {
    for (size_t i = 0; i < count; ++i) {
      const float g = gradient[i];
      const float direction = g > 0 ? 1.0F : (g < 0 ? -1.0F : 0.0F);
      parameter[i] -= static_cast<float>(scalars[0]) * direction;
      arrays[0][i] = static_cast<float>(scalars[1]);
    }
  }

 private:
  std::string fault_;
  int64_t from_;
};

}  // namespace

ATELIER_MODEL("not-finite", NotFinite)
ATELIER_OPTIMIZER("careless", Careless)
