// Reductions. The operations that run reduce neighbouring axes; the ones with a list of axes are made of them, the last
// axes first, and of reshapes.
#include "ops/reductions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/reduce.hpp"
#include "ops/axis_run.hpp"
#include "ops/cumulative.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

Operation reduce_run(std::string_view name, kernels::Reduction reduction) {
  Operation operation{.name = fmt::format("reduce_{}/1", name), .attributes = {integer("first"), integer("count")}};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    return {{Run(in).without(in.shape(0)), in.real()}};
  };
  operation.kernel = [reduction](const KernelRequest& request) {
    const Run run(request.inputs[0].shape, request.attributes);
    return kernels::make_reduce(reduction, request.dtype(), run.outer, run.reduced, run.inner);
  };
  return operation;
}

Values sum_gradient(const GradientRequest& r) {
  const Shape& shape = r.inputs[0].shape();
  const Shape ones = Run(shape, r.attributes).with_ones(shape);
  return {broadcast_to(reshape(r.output_gradients[0], ones), shape)};
}

// That of each element is the product of the others: of those before it and of those after it.
Values product_gradient(const GradientRequest& r) {
  const Value x = r.inputs[0];
  const Run run(x.shape(), r.attributes);
  const Value rows = reshape(x, {run.outer, run.reduced, run.inner});
  const Value g = reshape(r.output_gradients[0], {run.outer, 1, run.inner});
  const Value others = exclusive_product(rows, {.axis = 1}) * exclusive_product(rows, {.axis = 1, .reverse = true});
  return {reshape(g * others, x.shape())};
}

// The gradient goes to the first element, in row-major order, that is the extreme.
auto extreme_gradient(const char* arg_operation) {
  return [arg_operation](const GradientRequest& r) -> Values {
    const Value x = r.inputs[0];
    const Run run(x.shape(), r.attributes);
    const Value rows = detach(reshape(x, {run.outer, run.reduced, run.inner}));
    const Value place = r.graph.apply(arg_operation, {rows}, {Attribute::of(int64_t{1})});
    Value mask = one_hot(place, run.reduced);  // (outer, inner, reduced)
    mask = run.inner == 1 ? mask : permute(mask, {0, 2, 1});
    const Value g = reshape(r.output_gradients[0], run.with_ones(x.shape()));
    return {reshape(mask, x.shape()) * g};
  };
}

std::vector<char> chosen_axes(const Axes& axes, size_t rank) {
  std::vector<char> chosen(rank, axes.empty() ? 1 : 0);
  for (const int64_t axis : axes) {
    chosen[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis)] = 1;
  }
  return chosen;
}

Types infer_listed(const Inference& in) {
  in.require_real(0);
  const Shape& from = in.shape(0);
  for (const int64_t axis : in.integers(0)) {
    (void)in.axis(axis, from.rank());
  }
  const std::vector<char> chosen = chosen_axes(in.integers(0), from.rank());
  in.require(in.integers(0).empty() || std::ranges::count(chosen, 1) == std::ssize(in.integers(0)),
             "got the axes ({}), expected each at most once", fmt::join(in.integers(0), ", "));
  Shape out;
  for (size_t axis = 0; axis < from.rank(); ++axis) {
    if (chosen[axis] == 0) {
      out.append(from[axis]);
    } else if (in.integer(1) != 0) {
      out.append(1);
    }
  }
  return {{out, in.real()}};
}

// Runs of chosen axes, from the last to the first. An axis of length 1 joins any run, as reducing it changes nothing.
Value reduce_listed(Value x, const char* run_operation, const Attributes& attributes) {
  const Shape from = x.shape();
  const std::vector<char> chosen = chosen_axes(attributes[0].integers, from.rank());
  Shape out;
  for (size_t axis = 0; axis < from.rank(); ++axis) {
    if (chosen[axis] == 0) {
      out.append(from[axis]);
    } else if (attributes[1].scalar.constant.integer != 0) {
      out.append(1);
    }
  }
  for (size_t end = from.rank(); end > 0;) {
    size_t first = end;
    bool any = false;
    while (first > 0 && (chosen[first - 1] != 0 || from[first - 1] == 1)) {
      --first;
      any = any || (chosen[first] != 0 && from[first] != 1);
    }
    if (any) {
      x = x.graph->apply(
          run_operation, {x},
          {Attribute::of(static_cast<int64_t>(first)), Attribute::of(static_cast<int64_t>(end - first))});
    }
    end = first == end ? end - 1 : first;
  }
  return reshape(x, out);
}

}  // namespace

Operation listed(const char* name, std::string_view what) {
  return {.name = name,
          .summary = fmt::format("x (...) -> (the other axes): {} over the axes, over all where none is given; `keep` "
                                 "leaves them with length 1",
                                 what),
          .attributes = {integers("axes", {}), integer("keep", 0)},
          .infer = infer_listed};
}

namespace {

void register_listed(OperationRegistry& registry, const char* name, std::string_view what, const char* run_operation) {
  Operation operation = listed(name, what);
  operation.composed = [run_operation](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {reduce_listed(inputs[0], run_operation, attributes)};
  };
  registry.add(std::move(operation));
}

void register_mean(OperationRegistry& registry) {
  Operation operation = listed("mean/1", "the mean");
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Value total = reduce_listed(inputs[0], "reduce_sum/1", attributes);
    const auto count =
        static_cast<double>(inputs[0].shape().elements()) / static_cast<double>(total.shape().elements());
    return {(1 / count) * total};
  };
  registry.add(std::move(operation));
}

void register_arg(OperationRegistry& registry, const char* name, std::string_view extreme,
                  kernels::Reduction reduction) {
  Operation operation{
      .name = name,
      .summary =
          fmt::format("x (..., N, ...) -> int64 (..., ...): the place of the first {} element along an axis", extreme),
      .attributes = {integer("axis")},
      .differentiability = Differentiability::constant};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    const size_t axis = in.axis(in.integer(0), in.shape(0).rank());
    in.require(in.shape(0)[axis] > 0, "got an axis {} of length 0", axis);
    return {{Run(in.shape(0), axis, 1).without(in.shape(0)), DType::i64}};
  };
  operation.kernel = [reduction](const KernelRequest& request) {
    const Shape& from = request.inputs[0].shape;
    const int64_t axis =
        request.integer(0) < 0 ? request.integer(0) + static_cast<int64_t>(from.rank()) : request.integer(0);
    const Run run(from, static_cast<size_t>(axis), 1);
    return kernels::make_reduce(reduction, request.inputs[0].dtype, run.outer, run.reduced, run.inner);
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_reductions(OperationRegistry& registry) {
  Operation reduce_sum = reduce_run("sum", kernels::Reduction::sum);
  reduce_sum.gradient = sum_gradient;
  registry.add(std::move(reduce_sum));
  Operation reduce_max = reduce_run("max", kernels::Reduction::max);
  reduce_max.gradient = extreme_gradient("argmax/1");
  registry.add(std::move(reduce_max));
  Operation reduce_min = reduce_run("min", kernels::Reduction::min);
  reduce_min.gradient = extreme_gradient("argmin/1");
  registry.add(std::move(reduce_min));
  Operation reduce_product = reduce_run("product", kernels::Reduction::product);
  reduce_product.gradient = product_gradient;
  registry.add(std::move(reduce_product));
  register_listed(registry, "sum/1", "the sum", "reduce_sum/1");
  register_listed(registry, "max/1", "the largest element", "reduce_max/1");
  register_listed(registry, "min/1", "the smallest element", "reduce_min/1");
  register_listed(registry, "product/1", "the product", "reduce_product/1");
  register_mean(registry);
  register_arg(registry, "argmax/1", "largest", kernels::Reduction::argmax);
  register_arg(registry, "argmin/1", "smallest", kernels::Reduction::argmin);
}

}  // namespace atelier::ops
