// Recurrent layers over whole sequences. Letters in shapes: B place in the batch, T step, H unit, G gates of a unit,
// whose numbers lie one gate after the other.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// With a = W x and U, b of the recurrent connections, sigma the logistic function, h' and c' of the step before:
//   tanh (Elman 1990)                       h = tanh(a + b + U h')
//   LSTM (Hochreiter & Schmidhuber 1997)    (i, f, g, o) = (sigma, sigma, tanh, sigma)(a + b + U h')
//                                           c = f c' + i g,  h = o tanh c
//   GRU (Cho et al. 2014, reset after the product)   (r, z) = sigma(a + b + U h' + b')
//                                           n = tanh(a + b + r (U h' + b')),  h = (1 - z) n + z h'
enum class Cell : uint8_t { tanh, lstm, gru };

struct RecurrentSpec {
  Cell cell = Cell::tanh;
  int64_t batch = 1;
  int64_t steps = 1;
  int64_t units = 1;
  bool has_initial = false;  // the state before the first step is given, else it is 0

  [[nodiscard]] int64_t gates() const { return cell == Cell::tanh ? 1 : (cell == Cell::lstm ? 4 : 3); }
  // Whether the forward pass reads U as (H, G H), and not as (G H, H): turning it pays where it is used many times.
  [[nodiscard]] bool reads_transposed() const { return steps > 1; }
};

// Forward. Inputs, those of other cells left out:
//   a (B, T, G H), U (G H, H), U as reads_transposed() says, b (G H), GRU: b' (G H), then where given h (B, H), LSTM: c
// Outputs, the last one for the gradient only:
//   tanh   y (B, T, H), last h (B, H)
//   LSTM   gates (B, T, 4 H), y, last h, last c (B, H), c of all steps (B, T, H)
//   GRU    gates (B, T, 3 H), y, last h, U_n h' + b'_n of all steps (B, T, H)
// Output 0 may lie over a.
std::unique_ptr<Kernel> make_recurrent(const RecurrentSpec& spec, tensor::DType dtype);

// Which gradients arrive at the results.
struct RecurrentArrivals {
  bool y = false;
  bool last_h = false;
  bool last_c = false;
};

// Backward. Inputs:
//   U (G H, H), LSTM and GRU: gates, y, LSTM and GRU: the last output; h, c where given; what arrives: dy, dh, dc
// Outputs:
//   da (B, T, G H), h before each step (B, T, H),
//   LSTM   dc (B, H) before the first step
//   GRU    what reaches h before the first step past the gates (B, H), d(U h') (B, T, 3 H)
// The products with all steps are the caller's: dU = d(U h')^T h', dh before the first step = d(U h') U.
std::unique_ptr<Kernel> make_recurrent_gradient(const RecurrentSpec& spec, const RecurrentArrivals& arrivals,
                                                tensor::DType dtype);

}  // namespace atelier::kernels
