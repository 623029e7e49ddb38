// What the loops of recurrent cells take: one step of one sample, for units that lie side by side.
#pragma once

#include <cstdint>

namespace atelier::kernels {

// The gates of a unit lie `stride` apart, in `product` `product_stride`.
template <typename T>
struct CellForward {
  const T* input;           // W x
  const T* bias;            // b
  const T* recurrent_bias;  // GRU: b'
  const T* product;         // U h of the step before
  const T* before;          // LSTM: c of the step before; GRU: h
  T* gates;                 // after their activations; may be `input`. tanh: none
  T* kept;                  // LSTM: c; GRU: the new gate's U h + b'
  T* y;                     // h
  int64_t stride;
  int64_t product_stride;
};

template <typename T>
struct CellBackward {
  const T* gates;   // tanh: h
  const T* kept;    // as above
  const T* before;  // as above
  const T* dh;
  T* carry;      // LSTM: the gradient of c, in and out; GRU: out, what reaches h of the step before past the gates
  T* d_gates;    // the gradient of what the activations are taken of; may be `gates`
  T* d_product;  // GRU: the gradient of the product, which for its new gate is another one
  int64_t stride;
};

template <typename T>
struct RecurrentLoops {  // each by kernels::Cell
  void (*forward[3])(const CellForward<T>& step, int64_t n);
  void (*backward[3])(const CellBackward<T>& step, int64_t n);
};

struct RecurrentTable {
  RecurrentLoops<float> f32;
  RecurrentLoops<double> f64;
};

}  // namespace atelier::kernels
