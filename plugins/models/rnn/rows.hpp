// Images as sequences of their rows.
#pragma once

#include <atelier/recurrent.hpp>

namespace rnn {

using namespace atelier;

// Settings that all of the recurrent models have.
inline void describe_layers(Description& d, int64_t units) {
  d.text("cell", "lstm", "kind of the recurrent cell").choices({"tanh", "lstm", "gru"});
  d.integer("units", units, "width of the recurrent layers").range(1, 65536);
  d.integer("layers", 1, "number of recurrent layers").range(1, 64);
  d.recurrent_initialization();
}

// That of the layers beside the recurrent ones; `usual` where the setting is of recurrent layers only.
inline Initializer dense_initializer(const Settings& settings, std::string_view usual = "glorot_uniform") {
  const std::string name = settings.text("initialization");
  return Initializer::named(name == "uniform" ? usual : name);
}

// (B, C, H, W) to (B, H, C W)
inline Tensor to_rows(Tensor images) {
  const Tensor by_row = images.dim(1) == 1 ? images : images.permute({0, 2, 1, 3});
  return by_row.reshape({-1, images.dim(2), images.dim(1) * images.dim(3)});
}

// (B, H, C W) to (B, C, H, W)
inline Tensor to_images(Tensor rows, int64_t channels) {
  return rows.reshape({rows.dim(0), rows.dim(1), channels, -1}).permute({0, 2, 1, 3});
}

}  // namespace rnn
