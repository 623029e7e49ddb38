// What is only for int64: division, numbers that are made, and real numbers cut to integers. The arithmetic that reals
// have too is elementwise.cpp's.
#include "kernels/integers.hpp"

#include "kernels/movement.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

void add_division(OperationRegistry& registry, const char* name, const char* summary) {
  Operation operation{.name = name, .summary = summary, .min_inputs = 2, .max_inputs = 2};
  operation.differentiability = Differentiability::constant;
  operation.infer = [](const Inference& in) -> Types {
    for (size_t i = 0; i < 2; ++i) {
      in.require(in.input(i).dtype == DType::i64, "input {} must be int64, got {}", i, to_string(in.input(i)));
    }
    return {{broadcast(in, in.shape(0), in.shape(1)), DType::i64}};
  };
  operation.kernel = [function = std::string(record::base_name(operation))](const KernelRequest& request) {
    return kernels::make_integers(function, request.inputs, request.outputs[0]);
  };
  registry.add(std::move(operation));
}

void register_to_integer(OperationRegistry& registry) {
  Operation operation{.name = "to_integer/1",
                      .summary =
                          "x (...) -> int64 (...): cut towards zero; what is beyond int64 becomes its smallest or "
                          "largest integer, and nan 0",
                      .differentiability = Differentiability::constant};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    return {{in.shape(0), DType::i64}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_cast(request.inputs[0].dtype, DType::i64, request.inputs[0].shape.elements());
  };
  registry.add(std::move(operation));
}

void register_scalar(OperationRegistry& registry) {
  Operation operation{.name = "scalar_integer/1",
                      .summary = "-> int64 (): an integer",
                      .min_inputs = 0,
                      .max_inputs = 0,
                      .attributes = {runtime(integer("value"))},
                      .differentiability = Differentiability::constant};
  operation.infer = [](const Inference&) -> Types { return {{Shape{}, DType::i64}}; };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_fill(DType::i64, 1, request.attributes[0].scalar);
  };
  registry.add(std::move(operation));
}

void register_arange(OperationRegistry& registry) {
  Operation operation{.name = "arange/1",
                      .summary = "-> int64 (length): start, start + step, ...",
                      .min_inputs = 0,
                      .max_inputs = 0,
                      .attributes = {integer("length"), runtime(integer("start", 0)), runtime(integer("step", 1))},
                      .differentiability = Differentiability::constant};
  operation.infer = [](const Inference& in) -> Types {
    in.require(in.integer(0) >= 0, "got a length of {}, expected at least 0", in.integer(0));
    return {{Shape{in.integer(0)}, DType::i64}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_arange(request.integer(0), request.attributes[1].scalar, request.attributes[2].scalar);
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_integers(OperationRegistry& registry) {
  add_division(registry, "floor_divide/1",
               "a int64 (...), b int64 (...) -> int64 (...): a / b rounded down; the smallest integer where b is 0");
  add_division(registry, "remainder/1",
               "a int64 (...), b int64 (...) -> int64 (...): a - b floor_divide(a, b), of b's sign; the smallest "
               "integer where b is 0");
  register_to_integer(registry);
  register_scalar(registry);
  register_arange(registry);
}

}  // namespace atelier::ops
