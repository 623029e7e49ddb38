// Attention (Vaswani et al. 2017): y = softmax(scale q kᵀ + mask) v. Forward and its gradient go tile by tile, so that
// the scores of all queries and keys never lie in memory (Dao et al. 2022). The gradient of the gradient, and that of
// the mask, are made of products that keep them:
//   P = exp(scale q kᵀ + mask - L), with L the logarithm of the sum of a query's exponentials, the second output,
//   dv = Pᵀ dy,  dz = P (dy vᵀ - sum(dy y) + dL),  dq = scale dz k,  dk = scale dzᵀ q,  dmask = dz.
#include "kernels/attention.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

struct AttentionSettings {
  bool causal;
  double scale;
};

AttentionSettings settings_of(const Attributes& attributes, int64_t width) {
  const double given = attributes[1].scalar.constant.real;
  return {attributes[0].scalar.constant.integer != 0, given == 0 ? 1 / std::sqrt(static_cast<double>(width)) : given};
}

kernels::AttentionSpec spec_of(const Shape& q, const Shape& v, const Shape* mask, const Attributes& attributes) {
  const AttentionSettings settings = settings_of(attributes, q[3]);
  kernels::AttentionSpec spec{.batch = q[0],
                              .heads = q[1],
                              .queries = q[2],
                              .keys = v[2],
                              .width = q[3],
                              .values = v[3],
                              .scale = settings.scale,
                              .causal = settings.causal,
                              .masked = mask != nullptr};
  if (mask != nullptr) {
    const Shape& m = *mask;
    spec.mask_batch_stride = m[0] == 1 ? 0 : m[1] * m[2] * m[3];
    spec.mask_head_stride = m[1] == 1 ? 0 : m[2] * m[3];
    spec.mask_query_stride = m[2] == 1 ? 0 : m[3];
  }
  return spec;
}

std::vector<AttributeSpec> attributes() {
  return {integer("causal", 0), number("scale", 0)};
}

// ---- Made of products, which can be differentiated again

// (B, N, M, K) times (B, N, K, L), each stored the other way round where transposed
Value matrix_product(Value a, Value b, bool transpose_a, bool transpose_b) {
  const auto matrices = [](Value x) {
    const Shape& s = x.shape();
    return reshape(x, {s[0] * s[1], s[2], s[3]});
  };
  const Value out = exact_gemm(matrices(a), matrices(b), transpose_a, transpose_b);
  return reshape(out, {a.shape()[0], a.shape()[1], out.shape()[1], out.shape()[2]});
}

struct Attended {
  Value q, k, v, mask;  // the mask is absent where there is none
  Value y, logarithms;
};

// P, (B, N, T, S)
Value probabilities(const Attended& a, const AttentionSettings& settings) {
  Value z = settings.scale * matrix_product(a.q, a.k, false, true);
  z = a.mask ? z + a.mask : z;
  const Shape& s = a.logarithms.shape();
  z = z - reshape(a.logarithms, {s[0], s[1], s[2], 1});
  if (settings.causal) {
    Graph& graph = *z.graph;
    const Value sees = graph.apply("causal_mask/1", {}, {Attribute::of(s[2]), Attribute::of(a.k.shape()[2])});
    z = select(sees, z, scalar(graph, -std::numeric_limits<double>::infinity()));
  }
  return exp(z);
}

// Of q, k, v and the mask, from what arrives at y and at the logarithms (which may be absent).
struct AttentionGradients {
  Value q, k, v, mask;
};
AttentionGradients composed_gradient(const Attended& a, const AttentionSettings& settings, Value dy, Value dl) {
  const Value p = probabilities(a, settings);
  const Shape& s = a.logarithms.shape();
  Value along;  // what is the same for all keys of a query
  if (dy) {
    along = -sum(dy * a.y, {3}, true);
  }
  if (dl) {
    const Value column = reshape(dl, {s[0], s[1], s[2], 1});
    along = along ? along + column : column;
  }
  const Value dz = p * (dy ? matrix_product(dy, a.v, false, true) + along : broadcast_to(along, p.shape()));
  return {.q = settings.scale * matrix_product(dz, a.k, false, false),
          .k = settings.scale * matrix_product(dz, a.q, true, false),
          .v = dy ? matrix_product(p, dy, true, false) : zeros_like(a.v),
          .mask = a.mask ? sum_to(dz, a.mask.shape()) : Value{}};
}

Value plus(Value a, Value b) {
  return a && b ? a + b : a ? a : b;
}

// With h what arrives at dq, dk and dv (each may be absent), U = scale (hq kᵀ + q hkᵀ), W = U P, w its row sums, and
// G = P (U (dy vᵀ - sum(dy y)) + dy hvᵀ):
//   q: scale (dz hk + G k)   k: scale (dzᵀ hq + Gᵀ q)   v: Wᵀ dy   y: -w dy   L: -sum G   dy: W v + P hv - w y   mask:
//   G
Values gradient_of_gradient(const GradientRequest& r) {
  const Attended a{r.inputs[0], r.inputs[1], r.inputs[2], r.inputs.size() == 7 ? r.inputs[6] : Value{},
                   r.inputs[3], r.inputs[4]};
  const Value dy = r.inputs[5];
  const Value hq = r.output_gradients[0];
  const Value hk = r.output_gradients[1];
  const Value hv = r.output_gradients[2];
  const AttentionSettings settings = settings_of(r.attributes, a.q.shape()[3]);
  const Value p = probabilities(a, settings);
  const Value centred = matrix_product(dy, a.v, false, true) - sum(dy * a.y, {3}, true);
  const Value dz = p * centred;
  Value through_p = hv ? matrix_product(dy, hv, false, true) : Value{};
  Value dq = hk ? matrix_product(dz, hk, false, false) : Value{};
  Value dk = hq ? matrix_product(dz, hq, true, false) : Value{};
  Value to_dy = hv ? matrix_product(p, hv, false, false) : Value{};
  Value dv;
  Value to_y;
  if (hq || hk) {
    const Value u = settings.scale * plus(hq ? matrix_product(hq, a.k, false, true) : Value{},
                                          hk ? matrix_product(a.q, hk, false, true) : Value{});
    const Value w = u * p;
    const Value row_sums = sum(w, {3}, true);
    through_p = plus(u * centred, through_p);
    dv = matrix_product(w, dy, true, false);
    to_y = -row_sums * dy;
    to_dy = plus(matrix_product(w, a.v, false, false) - row_sums * a.y, to_dy);
  }
  const Value g = p * through_p;
  dq = settings.scale * plus(dq, matrix_product(g, a.k, false, false));
  dk = settings.scale * plus(dk, matrix_product(g, a.q, true, false));
  Values out{dq, dk, dv, to_y, -sum(g, {3}), to_dy};
  if (a.mask) {
    out.push_back(sum_to(g, a.mask.shape()));
  }
  return out;
}

// ---- Tile by tile

// q, k, v, mask optional -> y, logarithms (B, N, T)
void register_attention_forward(OperationRegistry& registry) {
  Operation operation{.name = "attention_forward/1", .min_inputs = 3, .max_inputs = 4, .outputs = 2};
  operation.attributes = attributes();
  operation.infer = [](const Inference& in) -> Types {
    const Shape& q = in.shape(0);
    return {{Shape{q[0], q[1], q[2], in.shape(2)[3]}, in.real()}, {Shape{q[0], q[1], q[2]}, in.real()}};
  };
  operation.kernel = [](const KernelRequest& r) {
    return kernels::make_attention(spec_of(r.inputs[0].shape, r.inputs[2].shape,
                                           r.inputs.size() == 4 ? &r.inputs[3].shape : nullptr, r.attributes),
                                   r.dtype());
  };
  operation.flops = [](const KernelRequest& r) {
    const Shape& q = r.inputs[0].shape;
    return 2.0 * static_cast<double>(q[0] * q[1] * q[2] * r.inputs[2].shape[2] * (q[3] + r.inputs[2].shape[3]));
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    const bool masked = r.inputs.size() == 4;
    const Attended a{r.inputs[0], r.inputs[1], r.inputs[2], masked ? r.inputs[3] : Value{}, r.outputs[0], r.outputs[1]};
    const Value dy = r.output_gradients[0];
    const Value dl = r.output_gradients[1];
    if (dl || (masked && r.needed[3] != 0)) {
      const AttentionGradients g = composed_gradient(a, settings_of(r.attributes, a.q.shape()[3]), dy, dl);
      return masked ? Values{g.q, g.k, g.v, g.mask} : Values{g.q, g.k, g.v};
    }
    Values inputs{a.q, a.k, a.v, a.y, a.logarithms, dy};
    if (masked) {
      inputs.push_back(a.mask);
    }
    Values out = r.graph.apply(OperationRegistry::instance().get("attention_gradient/1"), inputs, r.attributes);
    out.resize(r.inputs.size());
    return out;
  };
  registry.add(std::move(operation));
}

// q, k, v, y, logarithms, dy, mask optional -> dq, dk, dv
void register_gradient(OperationRegistry& registry) {
  Operation operation{.name = "attention_gradient/1", .min_inputs = 6, .max_inputs = 7, .outputs = 3};
  operation.attributes = attributes();
  operation.infer = [](const Inference& in) -> Types { return {in.input(0), in.input(1), in.input(2)}; };
  operation.kernel = [](const KernelRequest& r) {
    return kernels::make_attention_gradient(spec_of(r.inputs[0].shape, r.inputs[2].shape,
                                                    r.inputs.size() == 7 ? &r.inputs[6].shape : nullptr, r.attributes),
                                            r.dtype());
  };
  operation.flops = [](const KernelRequest& r) {
    const Shape& q = r.inputs[0].shape;
    return 2.0 * static_cast<double>(q[0] * q[1] * q[2] * r.inputs[2].shape[2] * (3 * q[3] + 2 * r.inputs[2].shape[3]));
  };
  operation.gradient = gradient_of_gradient;
  registry.add(std::move(operation));
}

void register_causal_mask(OperationRegistry& registry) {
  Operation operation{.name = "causal_mask/1", .min_inputs = 0, .max_inputs = 0};
  operation.attributes = {integer("queries"), integer("keys")};
  operation.differentiability = Differentiability::constant;
  operation.infer = [](const Inference& in) -> Types { return {{Shape{in.integer(0), in.integer(1)}, in.real()}}; };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_causal_mask(request.integer(0), request.integer(1), request.dtype());
  };
  registry.add(std::move(operation));
}

// ---- As it is recorded

Types infer_attention(const Inference& in) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
  }
  const Shape& q = in.shape(0);
  const Shape& k = in.shape(1);
  const Shape& v = in.shape(2);
  in.require(q.rank() == 4 && k.rank() == 4 && v.rank() == 4 && k[0] == q[0] && k[1] == q[1] && k[3] == q[3] &&
                 v[0] == k[0] && v[1] == k[1] && v[2] == k[2],
             "got q of {}, k of {} and v of {}, expected q (B, heads, T, D), k (B, heads, S, D) and v (B, heads, S, E)",
             to_string(q), to_string(k), to_string(v));
  in.require(k[2] >= 1 && q[3] >= 1 && v[3] >= 1, "got k of {} and v of {}, expected at least one key, none empty",
             to_string(k), to_string(v));
  in.require(in.integer(0) == 0 || in.integer(0) == 1, "got causal of {}, expected 0 or 1", in.integer(0));
  in.require(std::isfinite(in.number(1)), "got a scale of {}, expected a number", in.number(1));
  const Shape scores{q[0], q[1], q[2], k[2]};
  if (in.count() == 4) {
    const Shape& mask = in.shape(3);
    bool fits = mask.rank() == 4 && mask[3] == k[2];
    for (size_t axis = 0; fits && axis < 3; ++axis) {
      fits = mask[axis] == scores[axis] || mask[axis] == 1;
    }
    in.require(fits, "got a mask of {} for scores of {}, expected equal lengths, or a 1 but along the last axis",
               to_string(mask), to_string(scores));
  }
  return {{Shape{q[0], q[1], q[2], v[3]}, in.real()}};
}

}  // namespace

void register_attention(OperationRegistry& registry) {
  register_attention_forward(registry);
  register_gradient(registry);
  register_causal_mask(registry);
  Operation operation{.name = "attention/1", .min_inputs = 3, .max_inputs = 4, .attributes = attributes()};
  operation.summary =
      "q (B, N, T, D), k (B, N, S, D), v (B, N, S, E), [mask (B or 1, N or 1, T or 1, S)] -> (B, N, T, E): "
      "softmax(scale q k^T + mask) v of N heads (Vaswani et al. 2017), without its scores in memory. `causal` 1: query "
      "t sees the keys 0 to t. `scale` 0 is 1 / sqrt(D). A query that sees no key gives 0";
  operation.infer = infer_attention;
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& given) -> Values {
    return {graph.apply(OperationRegistry::instance().get("attention_forward/1"), inputs, given)[0]};
  };
  registry.add(std::move(operation));
}

}  // namespace atelier::ops
