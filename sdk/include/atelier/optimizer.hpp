// How to write an optimizer. See the plugin adam for a whole one.
#pragma once

#include <array>
#include <atelier/plugin.hpp>
#include <cstddef>

// On a free function with the loop of an update: compiled for several instruction sets, the best chosen when the
// library is loaded. The bits are the same, as contraction is off. Not on a virtual function, of which g++ makes no
// such copies: the class's `update` calls the free one. Under a sanitizer, and elsewhere than on x86-64, it does
// nothing. Loops become vectors where the compiler optimizes; atelier_add_plugin sees to that, but in a debug build.
//   ATELIER_VECTORIZED void descend(float rate, size_t count, float* p, const float* g) { for ... p[i] -= rate * g[i];
//   } void update(...) const override { descend(static_cast<float>(scalars[0]), count, parameter, gradient); }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__x86_64__)
#define ATELIER_VECTORIZED
#elif !defined(__clang__)
#define ATELIER_VECTORIZED                                                     \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), \
                 optimize("O3", "no-math-errno", "fp-contract=off")))
#elif !__has_attribute(target_clones) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ATELIER_VECTORIZED
#else
#define ATELIER_VECTORIZED __attribute__((target_clones("default", "avx2", "avx512f")))
#endif

namespace atelier {

// The scalars of an update as its loop computes with them: k[beta1] is scalars[beta1] in the loop's own precision.
template <typename Real>
class ScalarsAs {
 public:
  explicit ScalarsAs(const double* scalars) : scalars_(scalars) {}
  // Inlined into the loop of every instruction set, which reads it once.
  __attribute__((always_inline)) Real operator[](size_t name) const { return static_cast<Real>(scalars_[name]); }

 private:
  const double* scalars_;
};
using FloatScalars = ScalarsAs<float>;

struct Update {
  int64_t t;             // updates so far, this one included
  double learning_rate;  // after the schedule
};

// A weight as an optimizer sees it.
struct ParameterInfo {
  std::string name;   // "generator.0.weight"
  std::string group;  // "generator"
  std::vector<int64_t> dims;

  explicit ParameterInfo(const atl_parameter_info& info)
      : name(detail::view(info.name)), group(detail::view(info.group)), dims(info.dims, info.dims + info.rank) {}
  [[nodiscard]] bool is_vector() const { return dims.size() <= 1; }
  // What weight decay usually spares: vectors, and the scales and shifts of a LayerNorm over several axes, which are
  // none, by the names that the layers give.
  [[nodiscard]] bool is_bias_or_norm() const {
    const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
    return is_vector() || last == "bias" || last == "scale" || last == "shift";
  }
};

// An elementwise optimizer. Derived classes have
//   static void describe(Description& d);       // must offer the number "learning_rate"
//   explicit Derived(const Settings& settings);
//   static constexpr std::initializer_list<const char*> slots = {"m", "v"};   // arrays kept beside each parameter
//   // Once an update: what is the same for all elements, up to ATL_MAX_SCALARS values that `update` is given. A
//   // function of its argument and the settings alone: what depends on gradients is kept in a slot.
//   void begin_update(const Update& update, double* scalars) const;
//   // Elementwise over a block of one parameter, from many threads at once, in float and, for runs in double
//   precision,
//   // in double: two functions, or one that is a template.
//   void update(const double* scalars, size_t count, Real* parameter, const Real* gradient, Real* const* slots) const;
// may have
//   // Up to ATL_MAX_CONSTANTS values that are a parameter's own. `update` then has `const double* constants` behind
//   the
//   // scalars.
//   void prepare(const ParameterInfo& parameter, double* constants) const;
// and end with ATELIER_OPTIMIZER("name", Derived). One that needs whole parameters is a RecordedOptimizer.
class Optimizer {
 public:
  Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
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

template <typename T, typename Real>
ATELIER_OWN atl_status update_block(const void* self, atl_context* context, const double* scalars,
                                    const double* constants, uint64_t count, Real* parameter, const Real* gradient,
                                    Real* const* slots) {
  const T& optimizer = *static_cast<const T*>(self);
  if constexpr (requires { optimizer.update(scalars, constants, count, parameter, gradient, slots); }) {
    return guard(context, [&] { optimizer.update(scalars, constants, count, parameter, gradient, slots); });
  } else if constexpr (requires { optimizer.update(scalars, count, parameter, gradient, slots); }) {
    return guard(context, [&] { optimizer.update(scalars, count, parameter, gradient, slots); });
  } else {
    static_assert(sizeof(Real) == sizeof(double),
                  "an optimizer needs `void update(const double* scalars, size_t count, float* parameter, const float* "
                  "gradient, float* const* slots) const`");
    fail(context, ATL_ERROR_UNSUPPORTED,
         "this optimizer computes in float32 only; hint: write its update as a template of the element's type",
         nowhere);
    return ATL_ERROR_UNSUPPORTED;
  }
}

template <typename T>
ATELIER_OWN inline const atl_optimizer_v1 optimizer_table = {
    sizeof(atl_optimizer_v1),
    [](atl_context* context, const atl_settings* settings, void** self) -> atl_status {
      return guard(context, [&] { *self = new T(Settings(context, settings)); });
    },
    destroy<T>,
    [](const void*, const atl_string** names, uint64_t* count) -> atl_status {
      *names = SlotNames<T>::views().data();
      *count = SlotNames<T>::views().size();
      return ATL_OK;
    },
    [](const void* self, atl_context* context, const atl_parameter_info* parameter, double* constants) -> atl_status {
      return guard(context, [&] {
        if constexpr (requires(const T& t) { t.prepare(ParameterInfo(*parameter), constants); }) {
          static_cast<const T*>(self)->prepare(ParameterInfo(*parameter), constants);
        } else {
          (void)self, (void)parameter, (void)constants;
        }
      });
    },
    [](const void* self, atl_context* context, const atl_update* update, double* scalars) -> atl_status {
      return guard(context, [&] {
        static_cast<const T*>(self)->begin_update({update->t, update->learning_rate}, scalars);
      });
    },
    update_block<T, float>,
    update_block<T, double>};

}  // namespace detail
}  // namespace atelier

#define ATELIER_OPTIMIZER(name, type) \
  ATELIER_REGISTER_(ATL_OPTIMIZER_V1, name, "", type, atelier::detail::optimizer_table<type>)
