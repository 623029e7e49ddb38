// Gradient descent that throws at one of its updates.
#include <atelier/optimizer.hpp>
#include <stdexcept>

namespace {

using namespace atelier;

class Thrower final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"sum"};
  static void describe(Description& d) {
    d.summary = "w -= learning rate * g, until it throws.";
    d.number("learning_rate", 0.01, "step size").range(0);
    d.text("throws_in", "", "where").choices({"", "begin_update", "update"});
    d.integer("at", 3, "the update that throws").range(1);
  }
  explicit Thrower(const Settings& settings) : throws_in_(settings.text("throws_in")), at_(settings.integer("at")) {}

  void begin_update(const Update& update, double* scalars) const {
    if (throws_in_ == "begin_update" && update.t == at_) {
      throw std::runtime_error("no beginning, please");
    }
    scalars[0] = update.learning_rate;
    scalars[1] = throws_in_ == "update" && update.t == at_ ? 1 : 0;
  }
  void update(const double* scalars, size_t count, float* parameter, const float* gradient, float* const* kept) const {
    if (scalars[1] != 0) {
      throw std::runtime_error("no update, please");
    }
    const auto rate = static_cast<float>(scalars[0]);
    for (size_t i = 0; i < count; ++i) {
      kept[0][i] += gradient[i];
      parameter[i] -= rate * gradient[i];
    }
  }

 private:
  std::string throws_in_;
  int64_t at_;
};

}  // namespace

ATELIER_OPTIMIZER("thrower", Thrower)
