// Recurrent layers: tanh (Elman 1990), LSTM (Hochreiter & Schmidhuber 1997) and GRU (Cho et al. 2014). The formulas are
// at kernels::Cell, the gates in PyTorch's order. Products with the input, and all gradients of weights, are single
// products over the steps of all samples; what has to go step by step is one kernel each way. Letters: T step, F
// feature of the input, H unit, G gates of a unit.
#include "kernels/recurrent.hpp"

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using kernels::Cell;
using kernels::RecurrentArrivals;
using kernels::RecurrentSpec;

struct Layer {
  const char* name;
  const char* summary;
  Cell cell;
  int64_t gates;
  size_t biases;
  size_t states;  // h, and the LSTM's c

  [[nodiscard]] bool is_gated() const { return cell != Cell::tanh; }
  // Results of the sequence: gates where there are any, y, the last states, what else the gradient needs.
  [[nodiscard]] size_t y() const { return is_gated() ? 1 : 0; }
  [[nodiscard]] size_t results() const { return y() + 1 + states + y(); }
};

constexpr Layer layers[] = {
    {"rnn_tanh",
     "x (B, T, F), weight (H, F), recurrent_weight (H, H), bias (H), [h (B, H)] -> y (B, T, H), h (B, H): h_t = "
     "tanh(weight x_t + recurrent_weight h_(t-1) + bias), from h or 0 on (Elman 1990)",
     Cell::tanh, 1, 1, 1},
    {"lstm",
     "x (B, T, F), weight (4 H, F), recurrent_weight (4 H, H), bias (4 H), [h (B, H), c (B, H)] -> y (B, T, H), "
     "h (B, H), c (B, H): gates i, f, g, o; c_t = f c_(t-1) + i g, h_t = o tanh(c_t), from h and c or 0 on (Hochreiter "
     "& Schmidhuber 1997)",
     Cell::lstm, 4, 1, 2},
    {"gru",
     "x (B, T, F), weight (3 H, F), recurrent_weight (3 H, H), bias (3 H), recurrent_bias (3 H), [h (B, H)] -> "
     "y (B, T, H), h (B, H): gates r, z, n; h_t = (1 - z) n + z h_(t-1), where r multiplies what n has of h_(t-1), its "
     "recurrent bias included; from h or 0 on (Cho et al. 2014)",
     Cell::gru, 3, 2, 1}};

std::string sequence_name(const Layer& layer) {
  return std::string(layer.name) + "_sequence/1";
}
std::string gradient_name(const Layer& layer) {
  return std::string(layer.name) + "_gradient/1";
}

// ---- The layer: x (B, T, F), W (G H, F), U (G H, H), b (G H), GRU: b' (G H), then, or zeros, h (B, H), LSTM: c (B, H)
//                 -> y (B, T, H), the last h and c (B, H)

Types infer_layer(const Layer& layer, const Inference& in) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
  }
  const size_t first_state = 3 + layer.biases;
  in.require(in.count() == first_state || in.count() == first_state + layer.states,
             "got {} inputs, expected {} without an initial state, or {} with it", in.count(), first_state,
             first_state + layer.states);
  const Shape& x = in.shape(0);
  in.require(x.rank() == 3 && x[1] > 0, "got x of {}, expected (B, T, F) with at least one step", to_string(x));
  const Shape& weight = in.shape(1);
  in.require(weight.rank() == 2 && weight[0] > 0 && weight[0] % layer.gates == 0 && weight[1] == x[2],
             "got an input weight of {}, expected ({}H, {}) for x of {}", to_string(weight),
             layer.gates == 1 ? "" : std::to_string(layer.gates) + " ", x[2], to_string(x));
  const int64_t units = weight[0] / layer.gates;
  const auto expect = [&](size_t i, const char* what, const Shape& expected) {
    in.require(in.shape(i) == expected, "got {} of {}, expected {} for {} units", what, to_string(in.shape(i)),
               to_string(expected), units);
  };
  expect(2, "a recurrent weight", {weight[0], units});
  for (size_t i = 3; i < first_state; ++i) {
    expect(i, i == 3 ? "a bias" : "a recurrent bias", {weight[0]});
  }
  for (size_t i = first_state; i < in.count(); ++i) {
    expect(i, "an initial state", {x[0], units});
  }
  Types out{{{x[0], x[1], units}, in.real()}};
  out.resize(1 + layer.states, {{x[0], units}, in.real()});
  return out;
}

Values compose_layer(const Layer& layer, Graph& graph, std::span<const Value> inputs) {
  const Shape& x = inputs[0].shape();
  const int64_t rows = x[0] * x[1];
  const int64_t width = inputs[1].shape()[0];
  const Value recurrent = inputs[2];
  const Value product = gemm(reshape(inputs[0], {rows, x[2]}), inputs[1], false, true);
  const bool is_turned = RecurrentSpec{.steps = x[1]}.reads_transposed();
  Values sequence{reshape(product, {x[0], x[1], width}), recurrent, is_turned ? permute(recurrent, {1, 0}) : recurrent};
  sequence.insert(sequence.end(), inputs.begin() + 3, inputs.end());
  const OperationRegistry& registry = OperationRegistry::instance();
  const Values results = graph.apply(registry.get(sequence_name(layer)), sequence);
  const auto y = results.begin() + static_cast<std::ptrdiff_t>(layer.y());
  return {y, y + 1 + static_cast<std::ptrdiff_t>(layer.states)};
}

// ---- The sequence: kernels::make_recurrent

RecurrentSpec spec_of(const Layer& layer, const Shape& y, bool has_initial) {
  return {.cell = layer.cell, .batch = y[0], .steps = y[1], .units = y[2], .has_initial = has_initial};
}

Types infer_sequence(const Layer& layer, const Inference& in) {
  const Shape& input = in.shape(0);
  const int64_t units = in.shape(1)[1];
  const TensorType state{{input[0], units}, in.real()};
  const TensorType all{{input[0], input[1], units}, in.real()};
  Types out;
  if (layer.is_gated()) {
    out.push_back(in.input(0));
  }
  out.push_back(all);
  out.resize(out.size() + layer.states, state);
  if (layer.is_gated()) {
    out.push_back(all);
  }
  return out;
}

Value rows_of(Value x) {  // (B, T, N) to (B T, N)
  const Shape& shape = x.shape();
  return reshape(x, {shape[0] * shape[1], shape[2]});
}

Value first_step(Value x) {  // (B, T, N) to (B, N)
  return reshape(slice(x, 1, Attribute::of(int64_t{0}), 1), {x.shape()[0], x.shape()[2]});
}

// The weight comes in twice, as (G H, H) and as the forward pass reads it. All of its gradient goes to the first.
Values sequence_gradient(const Layer& layer, const GradientRequest& r) {
  const Value recurrent = r.inputs[1];
  const size_t first_state = 3 + layer.biases;
  Values inputs{recurrent};
  if (layer.is_gated()) {
    inputs.push_back(r.outputs[0]);
  }
  inputs.push_back(r.outputs[layer.y()]);
  if (layer.is_gated()) {
    inputs.push_back(r.outputs.back());
  }
  inputs.insert(inputs.end(), r.inputs.begin() + static_cast<std::ptrdiff_t>(first_state), r.inputs.end());
  Attributes attributes{Attribute::of(static_cast<int64_t>(r.inputs.size() > first_state))};
  for (size_t i = 0; i < 3; ++i) {  // y, h, c
    const Value arriving = i <= layer.states ? r.output_gradients[layer.y() + i] : Value{};
    attributes.push_back(Attribute::of(static_cast<int64_t>(static_cast<bool>(arriving))));
    if (arriving) {
      inputs.push_back(arriving);
    }
  }
  const Values found = r.graph.apply(OperationRegistry::instance().get(gradient_name(layer)), inputs, attributes);
  const Value d_input = found[0];
  const Value d_product = layer.cell == Cell::gru ? found[3] : d_input;
  Values out(r.inputs.size());
  out[0] = d_input;
  if (r.needed[1] != 0) {
    out[1] = gemm(rows_of(d_product), rows_of(found[1]), true, false);
  }
  for (size_t i = 3; i < first_state; ++i) {
    out[i] = r.needed[i] != 0 ? sum(i == 3 ? d_input : d_product, {0, 1}) : Value{};
  }
  if (r.inputs.size() > first_state && r.needed[first_state] != 0) {
    const Value through = gemm(first_step(d_product), recurrent, false, false);
    out[first_state] = layer.cell == Cell::gru ? through + found[2] : through;
  }
  if (r.inputs.size() > first_state + 1) {
    out[first_state + 1] = found[2];
  }
  return out;
}

// ---- Its gradient: kernels::make_recurrent_gradient

bool is_set(const Attribute& attribute) {
  return attribute.scalar.constant.integer != 0;
}

Types infer_gradient(const Layer& layer, const Inference& in) {
  const Shape& weight = in.shape(0);
  const Shape& y = in.shape(layer.is_gated() ? 2 : 1);
  const TensorType gates{{y[0], y[1], weight[0]}, in.real()};
  Types out{gates, {y, in.real()}};
  if (layer.is_gated()) {
    out.push_back({{y[0], y[2]}, in.real()});
  }
  if (layer.cell == Cell::gru) {
    out.push_back(gates);
  }
  return out;
}

// x at step t - 1, or at step t + 1; zeros beyond the ends.
Value shifted_in_time(Value x, int64_t by) {
  const Shape& shape = x.shape();
  const Value kept = slice(x, 1, Attribute::of(by > 0 ? int64_t{0} : int64_t{1}), shape[1] - 1);
  return x.graph->apply("pad/1", {kept}, {Attribute::of(Axes{0, by > 0, 0}), Attribute::of(Axes{0, by < 0, 0})});
}

// The tanh layer's backward pass is s_t = dy_t + da_(t+1) U (at the last step + dh), da_t = s_t (1 - y_t^2), and its
// other result is y_(t-1). With p the whole gradient that reaches da, and q that of s:
//   p_t = (what arrives)_t + q_(t-1) U^T,   q_t = p_t (1 - y_t^2),   dU = sum over t of da_(t+1)^T q_t
Values tanh_gradient_gradient(const GradientRequest& r) {
  const Value recurrent = r.inputs[0];
  const Value y = r.inputs[1];
  const auto [has_initial, has_dy, has_dh] =
      std::tuple(is_set(r.attributes[0]), is_set(r.attributes[1]), is_set(r.attributes[2]));
  const Value da = r.outputs[0];
  const Value arriving = r.output_gradients[0] ? r.output_gradients[0] : zeros_like(da);
  const Shape& shape = y.shape();
  const Shape one_step{shape[0], 1, shape[2]};
  const Value slope = 1.0 - square(y);

  Values qs;
  for (int64_t t = 0; t < shape[1]; ++t) {
    const auto at_step = [&](Value x) { return slice(x, 1, Attribute::of(t), 1); };
    Value p = at_step(arriving);
    if (t > 0) {
      p = p + reshape(gemm(reshape(qs.back(), {shape[0], shape[2]}), recurrent, false, true), one_step);
    }
    qs.push_back(p * at_step(slope));
  }
  const OperationRegistry& registry = OperationRegistry::instance();
  const Value q = r.graph.apply(registry.get("concatenate/1"), qs, {Attribute::of(int64_t{1})}).front();
  const auto times_weight = [&](Value x, bool transposed) {
    return reshape(gemm(rows_of(x), recurrent, false, transposed), shape);
  };
  const Value p = arriving + times_weight(shifted_in_time(q, 1), true);
  const Value next_da = shifted_in_time(da, -1);
  Value s = times_weight(next_da, false);
  const size_t first_arrival = has_initial ? 3 : 2;
  if (has_dy) {
    s = s + r.inputs[first_arrival];
  }
  if (has_dh) {
    const Value dh = reshape(r.inputs.back(), one_step);
    s = s + r.graph.apply("pad/1", {dh}, {Attribute::of(Axes{0, shape[1] - 1, 0}), Attribute::of(Axes{0, 0, 0})});
  }

  Values out(r.inputs.size());
  out[0] = gemm(rows_of(next_da), rows_of(q), true, false);
  out[1] = -2.0 * (y * (p * s));
  if (const Value before = r.output_gradients[1]) {
    out[1] = out[1] + shifted_in_time(before, -1);
    if (has_initial) {
      out[2] = first_step(before);
    }
  }
  if (has_dy) {
    out[first_arrival] = q;
  }
  if (has_dh) {
    out.back() = reshape(qs.back(), {shape[0], shape[2]});
  }
  return out;
}

Values no_second_gradient(const Layer& layer, const GradientRequest& r) {
  throw Error(ErrorKind::shape,
              "{}: {} has no gradient of its gradient; hint: rnn_tanh has one, and so has a cell of plain operations",
              to_string(r.graph.location()), layer.name);
}

// ---- Registration

void register_layer(OperationRegistry& registry, const Layer& layer) {
  const size_t first_state = 3 + layer.biases;
  Operation whole{.name = std::string(layer.name) + "/1", .summary = layer.summary};
  whole.differentiability = layer.cell == Cell::tanh ? Differentiability::gradient : Differentiability::once;
  whole.min_inputs = first_state;
  whole.max_inputs = first_state + layer.states;
  whole.outputs = 1 + layer.states;
  whole.infer = [&layer](const Inference& in) { return infer_layer(layer, in); };
  whole.composed = [&layer](Graph& graph, std::span<const Value> inputs, const Attributes&) {
    return compose_layer(layer, graph, inputs);
  };
  registry.add(std::move(whole));

  Operation sequence{.name = sequence_name(layer)};
  sequence.min_inputs = first_state;
  sequence.max_inputs = first_state + layer.states;
  sequence.outputs = layer.results();
  sequence.infer = [&layer](const Inference& in) { return infer_sequence(layer, in); };
  sequence.kernel = [&layer, first_state](const KernelRequest& request) {
    const bool has_initial = request.inputs.size() > first_state;
    return kernels::make_recurrent(spec_of(layer, request.outputs[layer.y()].shape, has_initial), request.dtype());
  };
  sequence.gradient = [&layer](const GradientRequest& r) { return sequence_gradient(layer, r); };
  const auto flops = [](double elements, const Shape& weight) {
    return 2.0 * elements * static_cast<double>(weight[0]);
  };
  sequence.flops = [&layer, flops](const KernelRequest& request) {
    return flops(static_cast<double>(request.outputs[layer.y()].shape.elements()), request.inputs[1].shape);
  };
  registry.add(std::move(sequence));

  Operation gradient{.name = gradient_name(layer)};
  const size_t kept = layer.is_gated() ? 4 : 2;  // U, y, gates, what else was kept
  gradient.min_inputs = kept;
  gradient.max_inputs = kept + 2 * layer.states + 1;
  gradient.outputs = layer.cell == Cell::gru ? 4 : (layer.is_gated() ? 3 : 2);
  gradient.attributes = {integer("initial"), integer("dy"), integer("dh"), integer("dc")};
  gradient.infer = [&layer](const Inference& in) { return infer_gradient(layer, in); };
  gradient.kernel = [&layer](const KernelRequest& request) {
    const RecurrentArrivals arrivals{request.integer(1) != 0, request.integer(2) != 0, request.integer(3) != 0};
    return kernels::make_recurrent_gradient(spec_of(layer, request.outputs[1].shape, request.integer(0) != 0), arrivals,
                                            request.dtype());
  };
  gradient.flops = [flops](const KernelRequest& request) {
    return flops(static_cast<double>(request.outputs[1].shape.elements()), request.inputs[0].shape);
  };
  gradient.gradient = [&layer](const GradientRequest& r) {
    return layer.cell == Cell::tanh ? tanh_gradient_gradient(r) : no_second_gradient(layer, r);
  };
  registry.add(std::move(gradient));
}

}  // namespace

void register_recurrent(OperationRegistry& registry) {
  for (const Layer& layer : layers) {
    register_layer(registry, layer);
  }
}

}  // namespace atelier::ops
