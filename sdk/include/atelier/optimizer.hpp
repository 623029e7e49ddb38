// How to write an optimizer. See the plugin adam for a whole one.
#pragma once

#include <array>
#include <atelier/plugin.hpp>
#include <cstddef>

// On a free function with the loop of an update: compiled for several instruction sets, the best chosen when the
// library is loaded. The bits are the same, as contraction is off. Not on a virtual function, of which g++ makes no
// such copies: the class's `update` calls the free one.
//   ATELIER_VECTORIZED void descend(float rate, size_t count, float* p, const float* g) { for ... p[i] -= rate * g[i];
//   } void update(...) const override { descend(static_cast<float>(scalars[0]), count, parameter, gradient); }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__x86_64__) || defined(__clang__)
#define ATELIER_VECTORIZED
#else
#define ATELIER_VECTORIZED                                                     \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), \
                 optimize("O3", "no-math-errno", "fp-contract=off")))
#endif

namespace atelier {

// The scalars of an update as its loop computes with them: k[beta1] is scalars[beta1] in float32.
class FloatScalars {
 public:
  explicit FloatScalars(const double* scalars) : scalars_(scalars) {}
  // Inlined into the loop of every instruction set, which reads it once.
  __attribute__((always_inline)) float operator[](size_t name) const { return static_cast<float>(scalars_[name]); }

 private:
  const double* scalars_;
};

struct Update {
  int64_t t;             // updates so far, this one included
  double learning_rate;  // after the schedule
};

// Derived classes have
//   static void describe(Description& d);       // must offer the number "learning_rate"
//   explicit Derived(const Settings& settings);
//   static constexpr std::initializer_list<const char*> slots = {"m", "v"};   // arrays kept beside each parameter
// and end with ATELIER_OPTIMIZER("name", Derived).
class Optimizer {
 public:
  Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  // What is the same for all elements, once an update; up to ATL_MAX_SCALARS values that `update` is given. A function
  // of `update` and the settings alone: members are lost when a run is resumed, so that a product over all updates so
  // far is computed from t, and what depends on gradients is kept in a slot.
  virtual void begin_update(const Update& update, double* scalars) = 0;
  // Elementwise over a block of one parameter. Called from many threads at once.
  virtual void update(const double* scalars, size_t count, float* parameter, const float* gradient,
                      float* const* slots) const = 0;
};

namespace detail {

// The names of T::slots, taken while compiling: at run time two plugins' classes of one name could share the list.
template <typename T>
struct ATELIER_OWN SlotNames {
  static constexpr auto names = [] {
    std::array<const char*, T::slots.size()> out{};
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = T::slots.begin()[i];
    }
    return out;
  }();
  static const std::vector<atl_string>& views() {
    static const std::vector<atl_string> made = [] {
      std::vector<atl_string> out;
      for (const char* name : names) {
        out.push_back(string(name));
      }
      return out;
    }();
    return made;
  }
};

template <typename T>
ATELIER_OWN inline const atl_optimizer_v1 optimizer_table = {
    sizeof(atl_optimizer_v1),
    [](atl_context* context, const atl_settings* settings, void** self) -> atl_status {
      return guard(context, [&] { *self = static_cast<Optimizer*>(new T(Settings(context, settings))); });
    },
    destroy<Optimizer>,
    [](void*, const atl_string** names, uint64_t* count) -> atl_status {
      *names = SlotNames<T>::views().data();
      *count = SlotNames<T>::views().size();
      return ATL_OK;
    },
    [](void* self, atl_context* context, const atl_update* update, double scalars[ATL_MAX_SCALARS]) -> atl_status {
      return guard(context, [&] {
        static_cast<Optimizer*>(self)->begin_update({update->t, update->learning_rate}, scalars);
      });
    },
    [](void* self, atl_context* context, const double* scalars, uint64_t count, float* parameter, const float* gradient,
       float* const* slots) -> atl_status {
      return guard(context,
                   [&] { static_cast<const Optimizer*>(self)->update(scalars, count, parameter, gradient, slots); });
    }};

}  // namespace detail
}  // namespace atelier

#define ATELIER_OPTIMIZER(name, type) \
  ATELIER_REGISTER_(ATL_OPTIMIZER_V1, name, "", type, atelier::detail::optimizer_table<type>)
