// Compiled twice, without hidden symbols: two authors who gave their classes the same names, outside of any namespace.
#include <atelier/dataset.hpp>
#include <atelier/optimizer.hpp>

#if NAMESAKE == 1
#define NAME(kind) kind "-one"
#else
#define NAME(kind) kind "-two"
#endif

using namespace atelier;

class Data final : public Dataset {
 public:
  static void describe(Description& d) { d.summary = NAME("data"); }
  Data(const Settings&, const Environment&) {
    fields.push_back(Field::image("image", {1, 4, 4}));
    train_count = test_count = NAMESAKE;
  }
  void read(Split, int64_t, const Sample&) const override {}
};
ATELIER_DATASET(NAME("data"), Data)

class Rule final : public Optimizer {
 public:
#if NAMESAKE == 1
  static constexpr std::initializer_list<const char*> slots = {};
#else
  static constexpr std::initializer_list<const char*> slots = {"m", "v"};
#endif
  static void describe(Description& d) {
    d.summary = NAME("rule");
    d.number("learning_rate", 0.01, "step size").range(0);
  }
  explicit Rule(const Settings&) {}
  void begin_update(const Update&, double* scalars) const {
    scalars[0] = NAMESAKE;
  }
  void update(const double*, size_t, float*, const float*, float* const*) const {}
};
ATELIER_OPTIMIZER(NAME("rule"), Rule)
