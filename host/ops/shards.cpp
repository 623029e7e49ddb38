// What the shards of a batch, its equal pieces, have to do with each other before their gradients meet.
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {

// Of several shards the sum is made where a tape becomes a graph (record/lowering.cpp).
void register_shards(OperationRegistry& registry) {
  Operation operation{.name = "shard_sum/1",
                      .summary =
                          "x (...) -> (...): the sum over the shards of a training batch (`[train] shards`), in all of "
                          "them; x itself where there is one"};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    return {in.input(0)};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes&) -> Values { return {inputs[0]}; };
  registry.add(std::move(operation));
}

}  // namespace atelier::ops
