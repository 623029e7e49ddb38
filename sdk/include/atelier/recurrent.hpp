// Recurrent layers: tanh (Elman 1990), LSTM (Hochreiter & Schmidhuber 1997), GRU (Cho et al. 2014). Over a whole
// sequence at once for training, or step by step for generating. (B, T, F) are batch, steps and features, H is the
// number of units; gates lie in PyTorch's order: i, f, g, o of an LSTM, r, z, n of a GRU.
#pragma once

#include <atelier/builder.hpp>
#include <atelier/recording.hpp>
#include <cmath>

namespace atelier {

// What goes from one step to the next: h (B, H), and of an LSTM its cell c (B, H). An empty one is zeros.
struct RecurrentState {
  Tensor h, c;
};

// One layer's weights. Only the tanh layer's gradients are differentiable again.
class RecurrentCell {
 public:
  struct Sequence {
    Tensor y;  // (B, T, H), h after each step
    RecurrentState last;
  };

  RecurrentCell() = default;
  // `kind` is "tanh", "lstm" or "gru". By the initialization "uniform" weights and biases start in U(-1/√H, 1/√H), as
  // in PyTorch; by another of Description::recurrent_initialization the weights follow it, and biases are 0. An LSTM
  // has one bias in the place of PyTorch's sum of two.
  RecurrentCell(const Builder& build, std::string_view kind, int64_t inputs, int64_t units,
                std::string_view initialization = "uniform", Location at = {})
      : name_(build.scope_name()), kind_(kind) {
    detail::require_name(build, "recurrent cell", kind, {"tanh", "lstm", "gru"}, at);
    detail::require_name(build, "initializer", initialization, detail::recurrent_initializer_names, at);
    const int64_t width = units * (kind == "tanh" ? 1 : kind == "lstm" ? 4 : 3);
    const double limit = 1 / std::sqrt(static_cast<double>(units));
    const bool uniform = initialization == "uniform";
    const Initializer weights = uniform ? Initializer::uniform(-limit, limit) : Initializer::named(initialization);
    const Initializer biases = uniform ? weights : Initializer::constant(0);
    weights_ = {build.parameter("weight", {width, inputs}, weights, inputs, units),
                build.parameter("recurrent_weight", {width, units}, weights, units, units),
                build.parameter("bias", {width}, biases)};
    if (kind == "gru") {
      weights_.push_back(build.parameter("recurrent_bias", {width}, biases));
    }
  }

  // One step: x (B, F).
  RecurrentState operator()(At x, const RecurrentState& state = {}) const {
    const CalledFrom caller(x);
    return run(x.tensor.reshape({-1, 1, x.tensor.dim(-1)}), state).last;
  }

  // All steps of x (B, T, F), from `state` on.
  [[nodiscard]] Sequence sequence(At x, const RecurrentState& state = {}) const {
    const Sequence out = run(x, state);
    detail::core->annotate(out.y.context(), detail::string(name_), out.y.handle());
    return out;
  }

 private:
  [[nodiscard]] Sequence run(At x, const RecurrentState& state) const {
    const bool is_lstm = kind_ == "lstm";
    atl_context* context = x.tensor.context();
    std::vector<atl_tensor> inputs{x.tensor.handle()};
    for (const Parameter& weight : weights_) {
      inputs.push_back(weight.use(context).handle());
    }
    if (state.h.context() != nullptr) {
      inputs.push_back(state.h.handle());
      if (is_lstm) {
        inputs.push_back(state.c.handle());
      }
    }
    atl_tensor outputs[3] = {};
    detail::apply(context,
                  is_lstm          ? detail::resolved<"lstm/1">()
                  : kind_ == "gru" ? detail::resolved<"gru/1">()
                                   : detail::resolved<"rnn_tanh/1">(),
                  inputs.data(), inputs.size(), nullptr, 0, outputs, is_lstm ? 3 : 2, x.location());
    return {{context, outputs[0]}, {{context, outputs[1]}, is_lstm ? Tensor(context, outputs[2]) : Tensor()}};
  }

  std::string name_, kind_;
  std::vector<Parameter> weights_;
};

// Layers of one kind, each reading the sequence that the one below it makes.
class Recurrent {
 public:
  using States = std::vector<RecurrentState>;  // by layer; none at all is zeros
  struct Sequence {
    Tensor y;  // (B, T, H), of the last layer
    States last;
  };

  Recurrent() = default;
  Recurrent(const Builder& build, std::string_view kind, int64_t inputs, int64_t units, int64_t layers = 1,
            std::string_view initialization = "uniform", Location at = {}) {
    for (int64_t i = 0; i < layers; ++i) {
      cells_.emplace_back(build.scope(std::to_string(i)), kind, i == 0 ? inputs : units, units, initialization, at);
    }
  }

  // All steps of x (B, T, F).
  Sequence operator()(At x, const States& states = {}) const {
    const CalledFrom caller(x);
    Sequence out{x.tensor, {}};
    for (size_t i = 0; i < cells_.size(); ++i) {
      const RecurrentCell::Sequence layer = cells_[i].sequence(out.y, state(states, i));
      out.y = layer.y;
      out.last.push_back(layer.last);
    }
    return out;
  }

  // One step: x (B, F). What the layers make of it is the last state's h.
  [[nodiscard]] States step(At x, const States& states = {}) const {
    const CalledFrom caller(x);
    States out;
    for (size_t i = 0; i < cells_.size(); ++i) {
      out.push_back(cells_[i](i == 0 ? x.tensor : out.back().h, state(states, i)));
    }
    return out;
  }

  // What to materialize() between steps of a generation.
  [[nodiscard]] static std::vector<Tensor*> tensors(States& states) {
    std::vector<Tensor*> out;
    for (RecurrentState& state : states) {
      out.push_back(&state.h);
      if (state.c.context() != nullptr) {
        out.push_back(&state.c);
      }
    }
    return out;
  }

 private:
  static RecurrentState state(const States& states, size_t layer) {
    return layer < states.size() ? states[layer] : RecurrentState{};
  }

  std::vector<RecurrentCell> cells_;
};

class RnnCell : public RecurrentCell {
 public:
  RnnCell() = default;
  RnnCell(const Builder& build, int64_t inputs, int64_t units) : RecurrentCell(build, "tanh", inputs, units) {}
};
class LstmCell : public RecurrentCell {
 public:
  LstmCell() = default;
  LstmCell(const Builder& build, int64_t inputs, int64_t units) : RecurrentCell(build, "lstm", inputs, units) {}
};
class GruCell : public RecurrentCell {
 public:
  GruCell() = default;
  GruCell(const Builder& build, int64_t inputs, int64_t units) : RecurrentCell(build, "gru", inputs, units) {}
};

class Rnn : public Recurrent {
 public:
  Rnn() = default;
  Rnn(const Builder& build, int64_t inputs, int64_t units, int64_t layers = 1)
      : Recurrent(build, "tanh", inputs, units, layers) {}
};
class Lstm : public Recurrent {
 public:
  Lstm() = default;
  Lstm(const Builder& build, int64_t inputs, int64_t units, int64_t layers = 1)
      : Recurrent(build, "lstm", inputs, units, layers) {}
};
class Gru : public Recurrent {
 public:
  Gru() = default;
  Gru(const Builder& build, int64_t inputs, int64_t units, int64_t layers = 1)
      : Recurrent(build, "gru", inputs, units, layers) {}
};

}  // namespace atelier
