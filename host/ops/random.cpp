// Random draws. Each is a function of the run's seed, the purpose, the step, the ordinal of the draw in the step, and
// the place in the batch (axis 0; a scalar counts as one row): see kernels/random.hpp. Where a batch is cut into
// shards, the ordinal has the shard's number in its list (record/lowering.cpp). No gradient flows to what is drawn.
#include "kernels/random.hpp"

#include <limits>
#include <utility>

#include "ops/functions.hpp"
#include "ops/operations.hpp"
#include "record/tape.hpp"

namespace atelier::ops {
namespace {

using MakeRandom = std::unique_ptr<kernels::Kernel> (*)(DType, int64_t, int64_t, const kernels::RandomOperands&);

kernels::OperandReference step_operand(record::StepOperand operand) {
  return {.slot = operand};
}

kernels::RandomOperands random_operands(const Attribute& ordinal) {
  return {.seed = step_operand(record::operand_seed),
          .purpose = step_operand(record::operand_purpose),
          .step = step_operand(record::operand_step),
          .ordinal = ordinal.scalar,
          .first_row = step_operand(record::operand_first_row),
          .shard = ordinal.integers.empty() ? 0 : ordinal.integers.front()};
}

// Rows, and the elements of each.
std::pair<int64_t, int64_t> rows_of(const Shape& shape) {
  const int64_t rows = shape.rank() == 0 ? 1 : shape[0];
  return {rows, rows == 0 ? 0 : shape.elements() / rows};
}

void add_source(OperationRegistry& registry, const char* name, const char* summary, MakeRandom make) {
  Operation operation{.name = name, .summary = summary, .min_inputs = 0, .max_inputs = 0};
  operation.attributes = {integers("dims"), ordinal()};
  operation.draws = true;
  operation.differentiability = Differentiability::constant;
  operation.infer = [](const Inference& in) -> Types { return {{Shape(in.integers(0)), in.real()}}; };
  operation.kernel = [make](const KernelRequest& request) {
    const auto [rows, row_elements] = rows_of(request.outputs[0].shape);
    return make(request.dtype(), rows, row_elements, random_operands(request.attributes[1]));
  };
  registry.add(std::move(operation));
}

// In [low, high).
void register_random_integers(OperationRegistry& registry) {
  Operation operation{.name = "random_integers/1",
                      .summary = "-> int64 (dims): uniform in [low, high)",
                      .min_inputs = 0,
                      .max_inputs = 0,
                      .attributes = {integers("dims"), runtime(integer("low")), runtime(integer("high")), ordinal()},
                      .differentiability = Differentiability::constant,
                      .draws = true};
  operation.infer = [](const Inference& in) -> Types { return {{Shape(in.integers(0)), DType::i64}}; };
  operation.check_operands = [](const Inference& in) {
    in.require(in.integer(1) < in.integer(2), "got the range [{}, {}), expected one that is not empty", in.integer(1),
               in.integer(2));
  };
  operation.kernel = [](const KernelRequest& request) {
    const auto [rows, row_elements] = rows_of(request.outputs[0].shape);
    return kernels::make_random_integers(rows, row_elements, request.attributes[1].scalar, request.attributes[2].scalar,
                                         random_operands(request.attributes[3]));
  };
  registry.add(std::move(operation));
}

// The order of random keys of 64 bits; of two equal ones, which next to never are, the first comes first.
void register_random_permutation(OperationRegistry& registry) {
  Operation operation{.name = "random_permutation/1",
                      .summary =
                          "-> int64 (dims, n): along the last axis 0 to n - 1, each once, in random order; another "
                          "order for each place on the axes before",
                      .min_inputs = 0,
                      .max_inputs = 0,
                      .attributes = {integers("dims"), integer("n"), ordinal()},
                      .differentiability = Differentiability::constant,
                      .draws = true};
  operation.infer = [](const Inference& in) -> Types {
    in.require(in.integer(1) >= 0, "got an n of {}, expected at least 0", in.integer(1));
    Shape out(in.integers(0));
    in.require(out.rank() < Shape::max_rank, "got {} axes before n, expected at most {}", out.rank(),
               Shape::max_rank - 1);
    out.append(in.integer(1));
    return {{out, DType::i64}};
  };
  operation.composed = [](Graph& graph, std::span<const Value>, const Attributes& attributes) -> Values {
    constexpr auto lowest = std::numeric_limits<int64_t>::min();
    constexpr auto highest = std::numeric_limits<int64_t>::max();
    const bool is_one = attributes[0].integers.empty();  // a row, as axis 0 is the place in the batch
    Axes dims = is_one ? Axes{1} : attributes[0].integers;
    dims.push_back(attributes[1].scalar.constant.integer);
    const Value keys = graph.apply("random_integers/1", {},
                                   {Attribute::of(dims), Attribute::of(lowest), Attribute::of(highest), attributes[2]});
    const Value order = graph.apply("argsort/1", {keys});
    return {is_one ? reshape(order, {dims[1]}) : order};
  };
  registry.add(std::move(operation));
}

void register_bernoulli(OperationRegistry& registry) {
  Operation operation{.name = "bernoulli/1",
                      .summary = "p (...) -> (...): 1 with probability p, else 0",
                      .attributes = {ordinal()},
                      .differentiability = Differentiability::constant,
                      .draws = true};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    return {in.input(0)};
  };
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {less(random_uniform(graph, inputs[0].shape(), attributes[0]), inputs[0])};
  };
  registry.add(std::move(operation));
}

// Gumbel-max (Gumbel 1954): argmax(logits - log(-log u)) is distributed as softmax(logits).
void register_categorical(OperationRegistry& registry) {
  Operation operation{.name = "categorical/1",
                      .summary = "logits (..., C) -> int64 (...): a class, drawn from softmax(logits)",
                      .attributes = {ordinal()},
                      .differentiability = Differentiability::constant,
                      .draws = true};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    const Shape& logits = in.shape(0);
    in.require(logits.rank() >= 1 && logits[logits.rank() - 1] > 0, "got logits of {}, expected (..., C)",
               to_string(logits));
    return {{Shape(logits.dims().first(logits.rank() - 1)), DType::i64}};
  };
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Value u = random_uniform(graph, inputs[0].shape(), attributes[0]);
    return {argmax(inputs[0] - log(-log(u)), -1)};
  };
  registry.add(std::move(operation));
}

void register_dropout(OperationRegistry& registry) {
  Operation operation{.name = "dropout/1",
                      .summary =
                          "x (...) -> (...): x mask / (1 - rate), where the mask keeps an element with "
                          "probability 1 - rate (Srivastava et al. 2014)",
                      .attributes = {runtime(number("rate")), ordinal()},
                      .draws = true};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    return {in.input(0)};
  };
  operation.check_operands = [](const Inference& in) {
    in.require(in.number(0) >= 0 && in.number(0) < 1, "got the rate {}, expected 0 to below 1", in.number(0));
  };
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Value keep = 1.0 - scalar(graph, attributes[0]);
    const Value mask = less(random_uniform(graph, inputs[0].shape(), attributes[1]), keep);
    return {inputs[0] * mask / keep};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_random(OperationRegistry& registry) {
  add_source(registry, "random_uniform/1", "-> (dims): uniform in the open interval from 0 to 1",
             kernels::make_random_uniform);
  add_source(registry, "random_normal/1", "-> (dims): N(0, 1)", kernels::make_random_normal);
  register_random_integers(registry);
  register_random_permutation(registry);
  register_bernoulli(registry);
  register_categorical(registry);
  register_dropout(registry);
}

}  // namespace atelier::ops
