// Where a step changes weights: gradients of all shards meet, and updates follow.
#include <algorithm>
#include <functional>

#include "record/gradients.hpp"
#include "record/lowering_walk.hpp"
#include "record/substitution.hpp"

namespace atelier::record {

Value Lowering::squared_norm(const Value& gradient) {
  return graph_.apply("sum/1", {graph_.apply("square/1", {gradient})}, {Attribute::of(std::vector<int64_t>{})});
}

void Lowering::observe(const ParameterGroup& group, int64_t group_index, const std::vector<Value>& found, Value norm) {
  if (observation_.group_norms) {
    out_.outputs.push_back({OutputKind::group_norm, group_index, norm, {}});
  }
  for (size_t m = 0; m < found.size(); ++m) {
    if (!found[m]) {
      continue;
    }
    if (observation_.parameter_norms) {
      out_.outputs.push_back(
          {OutputKind::parameter_norm, group.members[m], graph_.apply("sqrt/1", {squared_norm(found[m])}), {}});
    }
    if (observation_.gradients) {
      out_.outputs.push_back({OutputKind::gradient, group.members[m], found[m], {}});
    }
  }
}

// 1 where all of a value is finite.
Value Lowering::finite_of(Value value) {
  const Value finite = graph_.apply("is_finite/1", {value});
  out_.expected_finite.push_back(value);
  return value.shape().elements() == 1 ? graph_.apply("reshape/1", {finite}, {Attribute::of(std::vector<int64_t>{})})
                                       : graph_.apply("min/1", {finite}, {Attribute::of(std::vector<int64_t>{})});
}

// Adds one more condition to the step's updates, and to its results.
Value Lowering::still_finite(Value finite) {
  out_.finite = out_.finite ? graph_.apply("mul/1", {out_.finite, finite}) : finite;
  return out_.finite;
}

// That all of a call's input is finite, in all shards of all ranks.
Value Lowering::still_finite(const TapeCall& call, size_t i) {
  const ShardValues values = inputs_of_all(call, i);
  if (!varies(call, i)) {
    return still_finite(finite_of(values.front()));
  }
  Value finite;
  for (const Value& value : values) {
    finite = finite ? graph_.apply("mul/1", {finite, finite_of(value)}) : finite_of(value);
  }
  if (share_.ranks > 1) {  // how many ranks have one that is not
    const Value one = graph_.apply("scalar/1", {}, {Attribute::of(1.0)});
    ShardTree tree(graph_, ShardShare{share_.ranks, share_.ranks, share_.rank});
    tree.add(graph_.apply("sub/1", {one, finite}));
    finite = graph_.apply("sub/1", {one, graph_.apply("minimum/1", {tree.sum(), one})});
  }
  return still_finite(finite);
}

// The mean over the shards of the gradients of their losses, once the last one has come by; absent ones where a loss
// does not depend on a leaf.
std::optional<std::vector<Value>> Lowering::join_gradients(const TapeCall& call, const std::vector<Value>& leaves,
                                                           const std::function<Value(Value)>& seen) {
  if (shard_ == 0) {
    trees_.assign(leaves.size(), ShardTree(graph_, share_));
  }
  if (!is_synchronized_) {
    const std::vector<Value> found = gradients(graph_, seen(input(call, 0)), leaves);
    for (size_t i = 0; i < found.size(); ++i) {
      trees_[i].add(found[i]);
    }
  }
  if (!is_last_) {
    return std::nullopt;
  }
  if (is_synchronized_) {
    add_gradients_of_all(call, leaves, seen);
    return ShardTree::sums(trees_);
  }
  return ShardTree::means(trees_);
}

// A shard's gradient goes through the others: all are found at once, or each would go through all. Here of the losses
// of this rank's shards; what they have to do with the others' meets where the shards do.
void Lowering::add_gradients_of_all(const TapeCall& call, const std::vector<Value>& leaves,
                                    const std::function<Value(Value)>& seen) {
  Value sum;
  for (const Value& loss : inputs_of_all(call, 0)) {
    sum = sum ? graph_.apply("add/1", {sum, loss}) : loss;
  }
  const auto share = Attribute::of(1.0 / static_cast<double>(share_.shards));
  const Value mean = graph_.apply("mul/1", {sum, graph_.apply("scalar/1", {}, {share})});
  const Value seen_mean = seen(mean);
  std::vector<Value> versions;
  for (size_t shard = 0; shard < share_.own(); ++shard) {
    for (const Value& leaf : leaves) {
      versions.push_back(own_version(leaf, shard));
    }
  }
  const std::vector<Value> found = gradients(graph_, seen_mean, versions);
  for (size_t i = 0; i < found.size(); ++i) {
    trees_[i % leaves.size()].add(found[i]);
  }
}

// The gradient of each parameter of the group, summed over the versions that the loss was made with; absent where
// none.
std::optional<std::vector<Value>> Lowering::group_gradients(const ParameterGroup& group, const TapeCall& call) {
  std::vector<Value> leaves;
  std::vector<size_t> owner;
  for (size_t m = 0; m < group.members.size(); ++m) {
    for (const Value& leaf : leaves_[group.members[m]]) {
      leaves.push_back(leaf);
      owner.push_back(m);
    }
  }
  const auto found = join_gradients(call, leaves, [](Value loss) { return loss; });
  if (!found) {
    return std::nullopt;
  }
  std::vector<Value> total(group.members.size());
  for (size_t i = 0; i < found->size(); ++i) {
    Value& sum = total[owner[i]];
    const Value& one = (*found)[i];
    if (one) {
      sum = sum ? graph_.apply("add/1", {sum, one}) : one;
    }
  }
  return total;
}

// Nothing until the last shard has come by.
std::optional<Lowering::Minimized> Lowering::minimized(const TapeCall& call) {
  const int64_t index = structural(call, 0);
  const ParameterGroup& group = bank_.groups[static_cast<size_t>(index)];
  auto joined = group_gradients(group, call);
  if (!joined) {
    return std::nullopt;
  }
  std::vector<Value>& found = *joined;
  out_.minimized.push_back({static_cast<int32_t>(index), mean_of(call, 0), call.location});
  if (std::ranges::none_of(found, [](const Value& value) { return static_cast<bool>(value); })) {
    throw Error(ErrorKind::shape, "{}: minimize: the loss does not depend on any parameter of the group '{}'",
                to_string(call.location), group.name);
  }
  Value norm;
  if (group.clip_norm > 0 || observation_.group_norms) {
    Value sum;
    for (const Value& gradient : found) {
      if (gradient) {
        sum = sum ? graph_.apply("add/1", {sum, squared_norm(gradient)}) : squared_norm(gradient);
      }
    }
    norm = graph_.apply("sqrt/1", {sum});
  }
  observe(group, index, found, norm);
  if (group.clip_norm > 0) {
    clip(group.clip_norm, norm, found);
  }
  // Finite gradients may have a norm that is not: clipping by it would make them 0, and the step would stand still.
  Value finite = still_finite(call, 0);
  if (group.clip_norm > 0) {
    finite = still_finite(finite_of(norm));
  }
  return Minimized{std::move(found), finite};
}

void Lowering::minimize(const TapeCall& call) {
  const std::optional<Minimized> found = minimized(call);
  if (!found) {
    return;
  }
  const ParameterGroup& group = bank_.groups[static_cast<size_t>(structural(call, 0))];
  for (size_t m = 0; m < found->gradients.size(); ++m) {
    if (found->gradients[m] && group.rule != nullptr) {
      update(group.members[m], found->gradients[m], found->finite, call);
    }
  }
}

void Lowering::begin_recorded(const TapeCall& call) {
  std::optional<Minimized> found = minimized(call);
  if (!found) {
    return;
  }
  const ParameterGroup& group = bank_.groups[static_cast<size_t>(structural(call, 0))];
  for (size_t m = 0; m < found->gradients.size(); ++m) {
    Value& gradient = found->gradients[m];
    if (!gradient) {
      gradient = zeros_like(current(group.members[m]));
    }
    still_finite(finite_of(gradient));
  }
  may_update_ = found->finite;
  set_all(call, found->gradients);
}

void Lowering::gradients_at(const TapeCall& call) {
  const ParameterGroup& group = bank_.groups[static_cast<size_t>(structural(call, 0))];
  Substitution substitution(graph_);
  std::vector<Value> values;
  for (size_t m = 0; m < group.members.size(); ++m) {
    // A leaf of its own, so that gradients end here and not at what the value was made of.
    values.push_back(graph_.apply("detach/1", {input(call, m + 1)}));
    for (const Value& version : leaves_[group.members[m]]) {
      substitution.replace(version, values.back());
    }
  }
  auto joined = join_gradients(call, values, [&](Value loss) { return substitution.of(loss); });
  if (!joined) {
    return;
  }
  for (size_t m = 0; m < joined->size(); ++m) {
    Value& gradient = (*joined)[m];
    gradient = gradient ? gradient : zeros_like(values[m]);
    still_finite(finite_of(gradient));
  }
  set_all(call, *joined);
}

void Lowering::replace(const TapeCall& call) {
  update(static_cast<uint32_t>(structural(call, 0)), input(call, 0), may_update_, call);
}

// Pascanu et al. 2013: g * min(1, limit / |g|).
void Lowering::clip(double limit, Value norm, std::vector<Value>& found) {
  const Value ratio = graph_.apply("div/1", {graph_.apply("scalar/1", {}, {Attribute::of(limit)}), norm});
  const Value one = graph_.apply("scalar/1", {}, {Attribute::of(1.0)});
  const Value scale = graph_.apply("minimum/1", {ratio, one});
  for (Value& gradient : found) {
    if (gradient) {
      gradient = graph_.apply("mul/1", {gradient, scale});
    }
  }
}

void Lowering::update(uint32_t parameter, Value gradient, Value finite, const TapeCall& call) {
  const Value before = current(parameter);
  const int32_t first_scalar = tape_.attributes[call.first_attribute + 1].slot;
  const TensorType type = before.type();
  const Value inputs[] = {before, gradient, finite};
  leaves_[parameter].push_back(graph_
                                   .add_special(special_operation(Special::update), inputs,
                                                {Attribute::of(static_cast<int64_t>(parameter)),
                                                 Attribute::of(static_cast<int64_t>(first_scalar))},
                                                std::span(&type, 1))
                                   .front());
}

}  // namespace atelier::record
