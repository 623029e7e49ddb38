#include "kernels/recurrent.hpp"

#include "kernels/making.hpp"
#include "kernels/recurrent_layout.hpp"
#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

// The arguments by name; null where there is none.
template <typename T>
struct ForwardArrays {
  ForwardArrays(const RecurrentSpec& spec, const Arguments& arguments) {
    const bool is_lstm = spec.cell == Cell::lstm;
    const bool is_gated = spec.cell != Cell::tanh;
    ArgumentsInOrder<T> next(arguments);
    input = next.input();
    next.input();  // U, which only the gradient reads as it is
    weight = next.input();
    bias = next.input();
    recurrent_bias = next.input(spec.cell == Cell::gru);
    initial_h = next.input(spec.has_initial);
    initial_c = next.input(spec.has_initial && is_lstm);
    gates = next.output(is_gated);
    y = next.output();
    last_h = next.output();
    last_c = next.output(is_lstm);
    kept = next.output(is_gated);
  }

  const T* input;
  const T* weight;
  const T* bias;
  const T* recurrent_bias;
  const T* initial_h;
  const T* initial_c;
  T* gates;
  T* y;
  T* last_h;
  T* last_c;
  T* kept;
};

template <typename T>
class Recurrent : public RecurrentPass<T> {
 public:
  explicit Recurrent(const RecurrentSpec& spec)
      : RecurrentPass<T>(spec),
        cell_(loops_for<T>(*active_loops().recurrent).forward[static_cast<size_t>(spec.cell)]) {}

  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(cut_.elements() * spec_.gates()) * sizeof(T);
  }
  [[nodiscard]] bool may_overwrite(size_t input) const override { return input == 0; }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    const ForwardArrays<T> arrays(spec_, arguments);
    const RecurrentBlock block = cut_.block(piece);
    T* product = reinterpret_cast<T*>(arguments.scratch);
    const int64_t first = phase * cut_.steps_per_phase();
    for (int64_t step = first; step < first + cut_.steps_per_phase(); ++step) {
      multiply_state(arrays, block, step, product);
      for (int64_t r = 0; r < block.rows; ++r) {
        apply_cell(arrays, block, step, block.first_row + r, product + r * spec_.gates() * block.units);
      }
    }
    if (phase + 1 == cut_.phases()) {
      copy_last(arrays, block);
    }
  }

 private:
  using RecurrentPass<T>::before, RecurrentPass<T>::cut_, RecurrentPass<T>::place, RecurrentPass<T>::spec_;

  // U h', (rows, G, units) of the block's rows and units.
  void multiply_state(const ForwardArrays<T>& arrays, const RecurrentBlock& block, int64_t step, T* product) const {
    const int64_t gates = spec_.gates();
    const int64_t units = spec_.units;
    const int64_t width = gates * block.units;
    const T* h = step == 0 ? offset(arrays.initial_h, block.first_row * units)
                           : arrays.y + place(block.first_row, step - 1, units);
    if (h == nullptr) {
      std::fill_n(product, block.rows * width, T(0));
      return;
    }
    const int64_t h_stride = step == 0 ? units : spec_.steps * units;
    const bool is_turned = spec_.reads_transposed();
    const int64_t at_once = block.units == units ? gates : 1;  // gates whose columns lie side by side
    for (int64_t gate = 0; gate < gates; gate += at_once) {
      const int64_t column = gate * units + block.first_unit;
      multiply(false, !is_turned, block.rows, at_once * block.units, units, h, h_stride,
               arrays.weight + (is_turned ? column : column * units), is_turned ? gates * units : units, false,
               product + gate * block.units, width);
    }
  }

  void apply_cell(const ForwardArrays<T>& arrays, const RecurrentBlock& block, int64_t step, int64_t sample,
                  const T* product) const {
    const bool is_lstm = spec_.cell == Cell::lstm;
    const int64_t units = spec_.units;
    const int64_t here = place(sample, step, units) + block.first_unit;
    const int64_t gates_here = place(sample, step, spec_.gates() * units) + block.first_unit;
    cell_({.input = arrays.input + gates_here,
           .bias = arrays.bias + block.first_unit,
           .recurrent_bias = offset(arrays.recurrent_bias, block.first_unit),
           .product = product,
           .before = before(is_lstm ? arrays.kept : arrays.y, is_lstm ? arrays.initial_c : arrays.initial_h, block,
                            step, sample),
           .gates = offset(arrays.gates, gates_here),
           .kept = offset(arrays.kept, here),
           .y = arrays.y + here,
           .stride = units,
           .product_stride = block.units},
          block.units);
  }

  void copy_last(const ForwardArrays<T>& arrays, const RecurrentBlock& block) const {
    for (int64_t sample = block.first_row; sample < block.first_row + block.rows; ++sample) {
      const int64_t from = place(sample, spec_.steps - 1, spec_.units) + block.first_unit;
      const int64_t to = sample * spec_.units + block.first_unit;
      std::copy_n(arrays.y + from, block.units, arrays.last_h + to);
      if (arrays.last_c != nullptr) {
        std::copy_n(arrays.kept + from, block.units, arrays.last_c + to);
      }
    }
  }

  void (*cell_)(const CellForward<T>&, int64_t);
};

}  // namespace

std::unique_ptr<Kernel> make_recurrent(const RecurrentSpec& spec, tensor::DType dtype) {
  return make_real<Recurrent>(dtype, spec);
}

}  // namespace atelier::kernels
