#include "ops/statistics.hpp"

#include "kernels/normalization.hpp"
#include "ops/axis_run.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

Attributes run_of(size_t first, size_t count) {
  return {Attribute::of(static_cast<int64_t>(first)), Attribute::of(static_cast<int64_t>(count))};
}

Values apply_all(const char* name, std::initializer_list<Value> inputs, Attributes attributes) {
  return inputs.begin()->graph->apply(OperationRegistry::instance().get(name), std::span(inputs.begin(), inputs.size()),
                                      std::move(attributes));
}

// a g + b (x - mean) + c
Value combine_centered(Value g, Value x, Value mean, Value a, Value b, Value c) {
  return g.graph->apply("combine_centered/1", {g, x, mean, a, b, c});
}

// x (outer..., reduced..., inner...) -> mean, biased variance (outer..., inner...)
void register_moments(OperationRegistry& registry) {
  Operation moments{.name = "moments/1", .outputs = 2, .attributes = {integer("first"), integer("count")}};
  moments.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    const Run run(in);
    in.require(run.reduced >= 1, "got a tensor of {}, expected something to take the mean of", to_string(in.shape(0)));
    const TensorType out{run.without(in.shape(0)), in.real()};
    return {out, out};
  };
  moments.kernel = [](const KernelRequest& request) {
    const Run run(request.inputs[0].shape, request.attributes);
    return kernels::make_moments(request.dtype(), run.outer, run.reduced, run.inner);
  };
  moments.gradient = [](const GradientRequest& r) -> Values {
    const Value x = r.inputs[0];
    const Run run(x.shape(), r.attributes);
    const Shape ones = run.with_ones(x.shape());
    const auto share = 1 / static_cast<double>(run.reduced);
    Value out;
    if (r.output_gradients[0]) {
      out = broadcast_to(reshape(share * r.output_gradients[0], ones), x.shape());
    }
    if (r.output_gradients[1]) {
      const Value through = reshape(2 * share * r.output_gradients[1], ones) * (x - reshape(r.outputs[0], ones));
      out = out ? out + through : through;
    }
    return {out};
  };
  registry.add(std::move(moments));
}

// g, x (outer..., reduced..., inner...), center (outer..., inner...) -> sum of g, and of g (x - center)
void register_centered_sums(OperationRegistry& registry) {
  Operation sums{.name = "centered_sums/1", .min_inputs = 3, .max_inputs = 3, .outputs = 2};
  sums.attributes = {integer("first"), integer("count")};
  sums.infer = [](const Inference& in) -> Types {
    for (size_t i = 0; i < 3; ++i) {
      in.require_real(i);
    }
    const Run run(in);
    const TensorType out{run.without(in.shape(0)), in.real()};
    in.require(in.shape(1) == in.shape(0) && in.shape(2) == out.shape && run.reduced >= 1,
               "got g of {}, x of {} and a center of {}, expected g and x alike, and a center of {}",
               to_string(in.shape(0)), to_string(in.shape(1)), to_string(in.shape(2)), to_string(out.shape));
    return {out, out};
  };
  sums.kernel = [](const KernelRequest& request) {
    const Run run(request.inputs[0].shape, request.attributes);
    return kernels::make_centered_sums(request.dtype(), run.outer, run.reduced, run.inner);
  };
  sums.gradient = [](const GradientRequest& r) {
    const Value g = r.inputs[0];
    const Shape ones = Run(g.shape(), r.attributes).with_ones(g.shape());
    Values out(3);
    if (r.output_gradients[0]) {
      out[0] = broadcast_to(reshape(r.output_gradients[0], ones), g.shape());
    }
    if (const Value h = r.output_gradients[1]) {
      const Value wide = reshape(h, ones);
      const Value through = wide * (r.inputs[1] - reshape(r.inputs[2], ones));
      out[0] = out[0] ? out[0] + through : through;
      out[1] = wide * g;
      out[2] = -(h * r.outputs[0]);
    }
    return out;
  };
  registry.add(std::move(sums));
}

// All inputs stretch to the first one's shape.
Types infer_like_first(const Inference& in) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
    in.require(broadcast(in.shape(i), in.shape(0)) == in.shape(0), "got {}, which does not stretch to {}",
               to_string(in.shape(i)), to_string(in.shape(0)));
  }
  return {in.input(0)};
}

// a g + b (x - mean) + c
void register_combine_centered(OperationRegistry& registry) {
  Operation combine{.name = "combine_centered/1", .min_inputs = 6, .max_inputs = 6, .infer = infer_like_first};
  combine.elementwise = &kernels::elementwise_function("combine_centered");
  combine.gradient = [](const GradientRequest& r) {
    const Value g = r.inputs[0];
    const Value x = r.inputs[1];
    const Value mean = r.inputs[2];
    const Value h = r.output_gradients[0];
    const Value to_x = h * r.inputs[4];
    Values out{h * r.inputs[3], to_x, -to_x, h * g, h * (x - mean), h};
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = r.needed[i] != 0 ? sum_to(out[i], r.inputs[i].shape()) : Value{};
    }
    return out;
  };
  registry.add(std::move(combine));
}

// The mean over each group of channels, of v (..., C), again (..., C).
Value group_mean(Value v, int64_t groups) {
  const Shape& shape = v.shape();
  const int64_t channels = shape[shape.rank() - 1];
  if (groups == 0 || groups == channels) {
    return v;
  }
  const Shape grouped{shape.elements() / channels, groups, channels / groups};
  return reshape(broadcast_to(mean(reshape(v, grouped), {2}, true), grouped), shape);
}

// Ioffe & Szegedy 2015, section 3. With r the rate, n the number of elements that share a mean, and sums over them,
//   dx = r (scale g - sum(scale g) / n - (x - mean) r^2 sum(scale g (x - mean)) / n)
Values normalize_gradient(const GradientRequest& r) {
  const Value x = r.inputs[0];
  const Value mean = r.inputs[1];
  const Value scale = r.inputs[3];
  const Value g = r.output_gradients[0];
  const size_t first = mean.shape().rank() == 1 ? 0 : 1;
  const Run run(x.shape(), first, x.shape().rank() - 1 - first);
  const Shape each = run.without(x.shape());  // (C) or (B, C)
  const CenteredSums sums = centered_sums(g, x, reshape(mean, each), run.first, run.count);
  const Value rate = reshape(r.inputs[2], each);
  Values out(5);
  if (r.needed[0] != 0) {
    const int64_t groups = r.attributes[0].scalar.constant.integer;
    const double share = 1 / static_cast<double>(run.reduced);
    const Value by_mean = group_mean(share * (scale * sums.sum), groups);
    const Value by_rate = group_mean(share * (scale * sums.product), groups);
    out[0] = combine_centered(g, x, mean, reshape(rate * scale, mean.shape()),
                              reshape(-(rate * square(rate) * by_rate), mean.shape()),
                              reshape(-(rate * by_mean), mean.shape()));
  }
  out[3] = sum_to(rate * sums.product, scale.shape());
  out[4] = sum_to(sums.sum, scale.shape());
  return out;
}

// x (B, ..., C), mean and rate (C) or (B, 1 ..., C), scale and shift (C)
void register_normalize(OperationRegistry& registry) {
  Operation normalize{.name = "normalize/1", .min_inputs = 5, .max_inputs = 5, .attributes = {integer("groups", 0)}};
  normalize.infer = infer_like_first;
  normalize.elementwise = &kernels::elementwise_function("normalize");
  normalize.gradient = normalize_gradient;
  registry.add(std::move(normalize));
}

// Ba, Kiros & Hinton 2016. The formula is normalize's, but that the scale differs among the elements of a row.
Values normalize_rows_gradient(const GradientRequest& r) {
  const Value x = r.inputs[0];
  const Value mean = r.inputs[1];
  const Value rate = r.inputs[2];
  const Value scale = r.inputs[3];
  const Value g = r.output_gradients[0];
  const size_t rows = x.shape().rank() - scale.shape().rank();
  Values out(5);
  if (r.needed[0] != 0) {
    const Run run(x.shape(), rows, scale.shape().rank());
    const double share = 1 / static_cast<double>(run.reduced);
    const Value scaled = g * scale;
    const CenteredSums sums = centered_sums(scaled, x, reshape(mean, run.without(x.shape())), run.first, run.count);
    out[0] =
        combine_centered(scaled, x, mean, rate, -(rate * square(rate) * reshape(share * sums.product, mean.shape())),
                         -(rate * reshape(share * sums.sum, mean.shape())));
  }
  if (r.needed[3] != 0 || r.needed[4] != 0) {
    if (rows == 0) {
      out[3] = g * ((x - mean) * rate);
      out[4] = g;
      return out;
    }
    const CenteredSums sums = centered_sums(g, (x - mean) * rate, zeros_like(scale), 0, rows);
    out[3] = sums.product;
    out[4] = sums.sum;
  }
  return out;
}

// x (R..., N...), mean and rate (R..., 1...), scale and shift (N...)
void register_normalize_rows(OperationRegistry& registry) {
  Operation normalize{.name = "normalize_rows/1", .min_inputs = 5, .max_inputs = 5, .infer = infer_like_first};
  normalize.elementwise = &kernels::elementwise_function("normalize");
  normalize.gradient = normalize_rows_gradient;
  registry.add(std::move(normalize));
}

}  // namespace

Moments moments(Value x, size_t first, size_t count) {
  const Values out = apply_all("moments/1", {x}, run_of(first, count));
  return {out[0], out[1]};
}

CenteredSums centered_sums(Value g, Value x, Value center, size_t first, size_t count) {
  const Values out = apply_all("centered_sums/1", {g, x, center}, run_of(first, count));
  return {out[0], out[1]};
}

Value normalize(Value x, Value mean, Value rate, Value scale, Value shift, int64_t groups) {
  return x.graph->apply("normalize/1", {x, mean, rate, scale, shift}, {Attribute::of(groups)});
}

Value normalize_rows(Value x, Value mean, Value rate, Value scale, Value shift) {
  return x.graph->apply("normalize_rows/1", {x, mean, rate, scale, shift});
}

void register_statistics(OperationRegistry& registry) {
  register_moments(registry);
  register_centered_sums(registry);
  register_combine_centered(registry);
  register_normalize(registry);
  register_normalize_rows(registry);
}

}  // namespace atelier::ops
