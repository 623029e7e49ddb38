// What the shards of a batch, its equal pieces, have to do with each other before their gradients meet.
#include "record/shards.hpp"

#include "kernels/movement.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using record::ShardShare;
using record::ShardTree;

// Of several shards the sum is made where a tape becomes a graph (record/lowering.cpp).
void register_shard_sum(OperationRegistry& registry) {
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

class CopiesKernel final : public kernels::Kernel {
 public:
  explicit CopiesKernel(const record::KernelRequest& request)
      : bytes_(static_cast<size_t>(request.inputs[0].shape.elements()) * tensor::size_of(request.inputs[0].dtype)),
        count_(static_cast<int64_t>(request.outputs.size())) {}
  [[nodiscard]] int64_t pieces(int64_t) const override { return count_; }
  void run(int64_t, int64_t piece, const kernels::Arguments& arguments) const override {
    if (bytes_ > 0) {
      std::memcpy(arguments.outputs[piece], arguments.inputs[0], bytes_);
    }
  }

 private:
  size_t bytes_;
  int64_t count_;
};

// A value of all shards, one for each of those that are computed here: so the gradients that they give it are told
// apart, and meet in the tree of all shards instead of in the order of use. A gradient that is one shard's alone
// (record::gradients, `of_one_shard`) does not come by here.
void register_shard_copies(OperationRegistry& registry) {
  Operation copies{.name = "shard_copies/1", .attributes = {integer("shards"), integer("ranks"), integer("rank")}};
  copies.infer = [](const Inference& in) -> Types {
    return Types(static_cast<size_t>(in.integer(0) / in.integer(1)), in.input(0));
  };
  copies.gradient = [](const GradientRequest& r) -> Values {
    const auto number = [&](size_t i) { return static_cast<size_t>(r.attributes[i].scalar.constant.integer); };
    ShardTree tree(r.graph, ShardShare{number(0), number(1), number(2)});
    for (const Value& gradient : r.output_gradients) {
      tree.add(gradient ? gradient : zeros_like(r.inputs[0]));
    }
    return {tree.sum()};
  };
  copies.kernel = [](const record::KernelRequest& request) { return std::make_unique<CopiesKernel>(request); };
  registry.add(std::move(copies));
}

// Their kernels need to know the ranks, which plan/plan.cpp does: kernels::make_rank_sum, make_rank_concatenation.
void register_ranks(OperationRegistry& registry) {
  Operation sum{
      .name = "rank_sum/1", .max_inputs = size_t{1} << 20U, .attributes = {integer("shards"), integer("sums")}};
  sum.infer = [](const Inference& in) -> Types {
    Types types;
    const size_t blocks = in.count() / static_cast<size_t>(in.integer(1));
    for (size_t i = 0; i < in.count(); i += blocks) {
      types.push_back(in.input(i));
    }
    return types;
  };
  // What each shard has of the sum are copies, and their gradient is that of all ranks already.
  sum.gradient = [](const GradientRequest& r) -> Values {
    Values gradients;
    const size_t blocks = r.inputs.size() / r.outputs.size();
    for (size_t i = 0; i < r.inputs.size(); ++i) {
      gradients.push_back(r.output_gradients[i / blocks]);
    }
    return gradients;
  };
  registry.add(std::move(sum));

  Operation concatenate{.name = "rank_concatenate/1", .attributes = {integer("ranks")}};
  concatenate.infer = [](const Inference& in) -> Types {
    record::TensorType type = in.input(0);
    type.shape[0] *= in.integer(0);
    return {type};
  };
  concatenate.differentiability = record::Differentiability::unsupported;
  registry.add(std::move(concatenate));
}

}  // namespace

void register_shards(OperationRegistry& registry) {
  register_shard_sum(registry);
  register_shard_copies(registry);
  register_ranks(registry);
}

}  // namespace atelier::ops
