#include "kernels/making.hpp"
#include "kernels/recurrent.hpp"
#include "kernels/recurrent_layout.hpp"
#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

// The arguments by name; null where there is none.
template <typename T>
struct BackwardArrays {
  BackwardArrays(const RecurrentSpec& spec, const RecurrentArrivals& arrivals, const Arguments& arguments) {
    const bool is_lstm = spec.cell == Cell::lstm;
    const bool is_gated = spec.cell != Cell::tanh;
    ArgumentsInOrder<T> next(arguments);
    weight = next.input();
    gates = next.input(is_gated);
    y = next.input();
    kept = next.input(is_gated);
    initial_h = next.input(spec.has_initial);
    initial_c = next.input(spec.has_initial && is_lstm);
    d_y = next.input(arrivals.y);
    d_last_h = next.input(arrivals.last_h);
    d_last_c = next.input(arrivals.last_c);
    d_gates = next.output();
    before = next.output();
    carry = next.output(is_gated);
    d_gru_product = next.output(spec.cell == Cell::gru);
  }
  // The gradient of U h'.
  [[nodiscard]] const T* d_product() const { return d_gru_product == nullptr ? d_gates : d_gru_product; }

  const T* weight;
  const T* gates;
  const T* y;
  const T* kept;
  const T* initial_h;
  const T* initial_c;
  const T* d_y;
  const T* d_last_h;
  const T* d_last_c;
  T* d_gates;
  T* before;
  T* carry;
  T* d_gru_product;
};

template <typename T>
class RecurrentGradient : public RecurrentPass<T> {
 public:
  RecurrentGradient(const RecurrentSpec& spec, const RecurrentArrivals& arrivals)
      : RecurrentPass<T>(spec),
        arrivals_(arrivals),
        cell_(loops_for<T>(*active_loops().recurrent).backward[static_cast<size_t>(spec.cell)]),
        add_(loops_for<T>(*active_loops().reduce).combine[reduce_sum]) {}

  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(cut_.elements()) * sizeof(T); }
  // The gates.
  [[nodiscard]] bool may_overwrite(size_t input) const override { return input == 1 && spec_.cell != Cell::tanh; }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    const BackwardArrays<T> arrays(spec_, arrivals_, arguments);
    const RecurrentBlock block = cut_.block(piece);
    T* dh = reinterpret_cast<T*>(arguments.scratch);
    const int64_t first = spec_.steps - 1 - phase * cut_.steps_per_phase();
    for (int64_t step = first; step > first - cut_.steps_per_phase(); --step) {
      collect(arrays, block, step, dh);
      for (int64_t r = 0; r < block.rows; ++r) {
        go_back(arrays, block, step, block.first_row + r, dh + r * block.units);
      }
    }
  }

 private:
  using RecurrentPass<T>::before, RecurrentPass<T>::cut_, RecurrentPass<T>::place, RecurrentPass<T>::spec_;

  // dh (rows, units): what reaches h of this step from the next one, through the product and past it, and from outside.
  void collect(const BackwardArrays<T>& arrays, const RecurrentBlock& block, int64_t step, T* dh) const {
    const int64_t units = spec_.units;
    const int64_t width = spec_.gates() * units;
    const bool is_last = step + 1 == spec_.steps;
    if (!is_last) {
      multiply(false, false, block.rows, block.units, width,
               arrays.d_product() + place(block.first_row, step + 1, width), spec_.steps * width,
               arrays.weight + block.first_unit, units, false, dh, block.units);
    }
    for (int64_t r = 0; r < block.rows; ++r) {
      const int64_t sample = block.first_row + r;
      const int64_t state = sample * units + block.first_unit;
      T* row = dh + r * block.units;
      if (is_last) {
        start(arrays.d_last_h, state, block.units, row);
        if (spec_.cell == Cell::lstm) {
          start(arrays.d_last_c, state, block.units, arrays.carry + state);
        }
      } else if (spec_.cell == Cell::gru) {
        add_(row, arrays.carry + state, block.units);
      }
      if (arrays.d_y != nullptr) {
        add_(row, arrays.d_y + place(sample, step, units) + block.first_unit, block.units);
      }
    }
  }

  // What arrives at the state after the last step.
  static void start(const T* arriving, int64_t state, int64_t n, T* out) {
    if (arriving == nullptr) {
      std::fill_n(out, n, T(0));
    } else {
      std::copy_n(arriving + state, n, out);
    }
  }

  void go_back(const BackwardArrays<T>& arrays, const RecurrentBlock& block, int64_t step, int64_t sample,
               const T* dh) const {
    const int64_t units = spec_.units;
    const int64_t here = place(sample, step, units) + block.first_unit;
    const int64_t gates_here = place(sample, step, spec_.gates() * units) + block.first_unit;
    const int64_t state = sample * units + block.first_unit;
    const T* h_before = before(arrays.y, arrays.initial_h, block, step, sample);
    std::copy_n(h_before, block.units, arrays.before + here);
    cell_({.gates = arrays.gates == nullptr ? arrays.y + here : arrays.gates + gates_here,
           .kept = offset(arrays.kept, here),
           .before = spec_.cell == Cell::lstm ? before(arrays.kept, arrays.initial_c, block, step, sample) : h_before,
           .dh = dh,
           .carry = offset(arrays.carry, state),
           .d_gates = arrays.d_gates + gates_here,
           .d_product = offset(arrays.d_gru_product, gates_here),
           .stride = units},
          block.units);
  }

  RecurrentArrivals arrivals_;
  void (*cell_)(const CellBackward<T>&, int64_t);
  void (*add_)(T*, const T*, int64_t);
};

}  // namespace

std::unique_ptr<Kernel> make_recurrent_gradient(const RecurrentSpec& spec, const RecurrentArrivals& arrivals,
                                                tensor::DType dtype) {
  return make_real<RecurrentGradient>(dtype, spec, arrivals);
}

}  // namespace atelier::kernels
