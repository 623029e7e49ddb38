// Images from noise, step by step.
#pragma once

#include "network.hpp"
#include "process.hpp"

namespace diffusion {

struct Sampler {
  const Process& process;
  const Network& network;
  int64_t steps;    // evenly spaced among the process's
  double eta;       // see Process::back
  double guidance;  // Ho & Salimans 2022, equation 6

  // x (n, C, H, W), noise at first, with condition y. `chain` gets ten states on the way.
  Tensor operator()(const Sampling& sampling, Tensor x, Tensor y, std::vector<Tensor>* chain = nullptr) const {
    for (int64_t i = steps; i > 0; --i) {
      const int64_t t = moment(i);
      if (chain != nullptr && static_cast<int64_t>(chain->size()) * steps <= 9 * (steps - i)) {
        chain->push_back(x);
      }
      x = process.back(sampling, x, noise_in(x, sampling.full({x.dim(0)}, static_cast<double>(t)), y), t, moment(i - 1),
                       eta);
      std::vector<Tensor*> kept{&x};
      if (y.handle() != 0) {
        kept.push_back(&y);
      }
      for (size_t k = 0; chain != nullptr && k < chain->size(); ++k) {
        kept.push_back(&(*chain)[k]);
      }
      sampling.materialize(kept);
    }
    if (chain != nullptr) {
      chain->push_back(x);
    }
    return x;
  }

 private:
  [[nodiscard]] int64_t moment(int64_t i) const { return process.steps() * i / steps; }
  [[nodiscard]] Tensor noise_in(Tensor x, Tensor t, Tensor y) const {
    const Tensor noise = network(x, t, y);
    return guidance > 0 ? noise * (1 + guidance) - network(x, t, y * 0.0) * guidance : noise;
  }
};

}  // namespace diffusion
