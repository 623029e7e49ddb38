// What runs before the host has connected. EARLY=1: a variable asks for an operation, 2: it has a line for the user,
// 3: it throws; 4: the description throws; 5 and 6: as 3 and 4, what is no std::exception.
#include <atelier/optimizer.hpp>
#include <stdexcept>
#include <string>

namespace {

using namespace atelier;

#if EARLY == 1
const atl_operation negation = detail::operation("neg/1");
#elif EARLY == 2
const bool informed = (inform("here I am"), true);
#elif EARLY == 3
const int thrown = std::stoi("no number, please");
#elif EARLY == 5
const int thrown = [] { return throw 42, 0; }();
#endif

class Still final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description& d) {
    d.summary = "Leaves the parameters as they are.";
    d.number("learning_rate", 0.01, "not used").range(0);
    if (EARLY == 4) {
      throw std::runtime_error("no description, please");
    }
    if (EARLY == 6) {
      throw 42;
    }
  }
  explicit Still(const Settings&) {}
  void begin_update(const Update&, double*) const {}
  void update(const double*, size_t, float*, const float*, float* const*) const {}
};

}  // namespace

ATELIER_OPTIMIZER("still", Still)
