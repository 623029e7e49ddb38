#include "record/lowering.hpp"

#include <algorithm>

#include "record/gradients.hpp"
#include "record/lowering_walk.hpp"

namespace atelier::record {
namespace {

Attribute attribute_at(const Tape& tape, uint32_t index) {
  const TapeAttribute& known = tape.attributes[index];
  Attribute attribute;
  attribute.type = known.type;
  if (known.type == AttributeType::integers) {
    const auto first = tape.integers.begin() + known.first;
    attribute.integers.assign(first, first + known.count);
  } else {
    attribute.scalar.slot = known.slot;
    attribute.scalar.constant.integer = known.slot < 0 ? known.integer : 0;
  }
  return attribute;
}

}  // namespace

Lowering::Lowering(const Tape& tape, size_t calls, const Bank& bank, const Observation& observation,
                   const ShardShare& share, Lowered& out)
    : tape_(tape),
      calls_(calls),
      bank_(bank),
      observation_(observation),
      out_(out),
      graph_(out.graph),
      share_(share),
      varying_(varying_values(tape, calls)),
      is_synchronized_(share.shards > 1 &&
                       std::any_of(tape.calls.begin(), tape.calls.begin() + static_cast<std::ptrdiff_t>(calls),
                                   [&](const TapeCall& call) {
                                     return sums_shards(call) && varying_[tape.inputs_of(call)[0]] != 0;
                                   })),
      values_(share.own(), std::vector<Value>(tape.values.size())),
      leaves_(bank.parameters.size()),
      first_leaf_(tape.values.size()) {}

void Lowering::run() {
  for (const Stretch& stretch : stretches_of(tape_, calls_, varying_, bank_.parameters.size())) {
    is_shared_ = stretch.is_shared;
    const size_t times = is_shared_ ? 1 : share_.own();
    for (shard_ = 0; shard_ < times; ++shard_) {
      is_last_ = shard_ + 1 == times;
      graph_.set_part(static_cast<int32_t>(shard_));
      for (size_t c = stretch.first; c < stretch.last; ++c) {
        graph_.set_location(tape_.calls[c].location);
        take(tape_.calls[c]);
      }
    }
    shard_ = 0;
  }
  out_.values = std::move(values_.front());
}

// Made by the first shard, for the others too. Where they meet before their losses are known, each has what it makes of
// weights for itself: gradients go from all losses at once to all weights, and meet in the tree there alone.
bool Lowering::is_one_for_all(const TapeCall& call) const {
  const Special special = call.operation->special;
  if (special == Special::input) {
    return !is_cut(tape_, call);
  }
  const std::span<const uint32_t> inputs = tape_.inputs_of(call);
  const bool varies =
      call.operation->draws || std::ranges::any_of(inputs, [&](uint32_t value) { return varying_[value] != 0; });
  if (special == Special::assign) {
    return !varies;
  }
  const bool makes_values = special == Special::none || special == Special::gradient || special == Special::parameter;
  return makes_values && !varies && (!is_synchronized_ || is_shared_);
}

void Lowering::take(const TapeCall& call) {
  if (shard_ > 0 && is_one_for_all(call)) {
    return;
  }
  switch (call.operation->special) {
    case Special::none:
      return apply(call);
    case Special::input:
      return take_input(call);
    case Special::parameter:
      return set(call, {own_version(current(static_cast<uint32_t>(structural(call, 0))), shard_)});
    case Special::gradient:
      return gradient(call);
    case Special::minimize:
      return minimize(call);
    case Special::group_gradients:
      return begin_recorded(call);
    case Special::gradients_at:
      return gradients_at(call);
    case Special::replace:
      return replace(call);
    case Special::assign:
      return assign(call);
    case Special::log:
      return log(call);
    case Special::annotate:
      return annotate(call);
    case Special::finite:
      return expect_finite(call);
    case Special::update:
      ATELIER_CHECK(!"recorded");
  }
}

Value Lowering::input(const TapeCall& call, size_t i) const {
  return values_[shard_][tape_.inputs[call.first_input + i]];
}

Lowering::ShardValues Lowering::inputs_of_all(const TapeCall& call, size_t i) const {
  ShardValues all;
  for (const std::vector<Value>& of_shard : values_) {
    all.push_back(of_shard[tape_.inputs[call.first_input + i]]);
  }
  return all;
}

int64_t Lowering::structural(const TapeCall& call, size_t i) const {
  return tape_.attributes[call.first_attribute + i].integer;
}

void Lowering::set(const TapeCall& call, const std::vector<Value>& values) {
  if (is_shared_ || is_one_for_all(call)) {
    return set_all(call, values);
  }
  ATELIER_CHECK(values.size() == call.output_count);
  std::ranges::copy(values, values_[shard_].begin() + call.first_output);
}

void Lowering::set_all(const TapeCall& call, const std::vector<Value>& values) {
  ATELIER_CHECK(values.size() == call.output_count);
  for (std::vector<Value>& of_shard : values_) {
    std::ranges::copy(values, of_shard.begin() + call.first_output);
  }
}

bool Lowering::varies(const TapeCall& call, size_t i) const {
  return varying_[tape_.inputs[call.first_input + i]] != 0;
}

Value Lowering::mean_of(const TapeCall& call, size_t i) {
  const ShardValues values = inputs_of_all(call, i);
  if (!varies(call, i)) {
    return values.front();
  }
  ShardTree tree(graph_, share_);
  for (const Value& value : values) {
    tree.add(value.type().dtype == DType::i64 ? graph_.apply("cast/1", {value}) : value);
  }
  return tree.mean();
}

// A version of a parameter as one shard sees it, whose gradient is that shard's, where all gradients are found at once.
Value Lowering::own_version(Value version, size_t shard) {
  if (!is_synchronized_ || is_shared_) {
    return version;
  }
  return graph_.apply("same/1", {version}, {Attribute::of(-1 - static_cast<int64_t>(shard))});
}

// A leaf of the batch has data for each shard, one after the other; another one's are the same for all.
void Lowering::take_input(const TapeCall& call) {
  const bool is_own = is_cut(tape_, call);
  if (shard_ == 0) {
    first_leaf_[call.first_output] = leaves_seen_;
    leaves_seen_ += is_own ? static_cast<int64_t>(share_.own()) : 1;
  }
  const int64_t leaf = first_leaf_[call.first_output] + static_cast<int64_t>(shard_);
  const auto types = std::span(tape_.values).subspan(call.first_output, call.output_count);
  set(call, graph_.add_special(*call.operation, {}, {Attribute::of(leaf)}, types));
}

// Where it is the same in each, the sum is made of so many of it, in every rank.
void Lowering::sum_shards(const TapeCall& call) {
  const ShardValues values = inputs_of_all(call, 0);
  if (!varies(call, 0)) {
    ShardTree tree(graph_, ShardShare{share_.shards});
    for (size_t shard = 0; shard < share_.shards; ++shard) {
      tree.add(values[shard_]);
    }
    return set(call, {tree.sum()});
  }
  if (!is_last_) {
    return;
  }
  ShardTree tree(graph_, share_);
  for (const Value& value : values) {
    tree.add(value);
  }
  const Value sum = tree.sum();
  const auto number = [](size_t n) { return Attribute::of(static_cast<int64_t>(n)); };
  const std::vector<Value> copies =
      graph_.apply(OperationRegistry::instance().get("shard_copies/1"), std::span(&sum, 1),
                   {number(share_.shards), number(share_.ranks), number(share_.rank)});
  for (size_t shard = 0; shard < copies.size(); ++shard) {
    values_[shard][call.first_output] = copies[shard];
  }
}

void Lowering::apply(const TapeCall& call) {
  if (share_.shards > 1 && sums_shards(call)) {
    return sum_shards(call);
  }
  std::vector<Value> inputs;
  for (uint32_t i = 0; i < call.input_count; ++i) {
    inputs.push_back(input(call, i));
  }
  Attributes attributes;
  for (uint32_t i = 0; i < call.attribute_count; ++i) {
    attributes.push_back(attribute_at(tape_, call.first_attribute + i));
  }
  if (call.operation->draws && share_.first() + shard_ > 0) {
    attributes.back().integers = {static_cast<int64_t>(share_.first() + shard_)};  // its rows follow those before
  }
  set(call, graph_.apply(*call.operation, inputs, std::move(attributes)));
}

// The value of a parameter's current version.
Value Lowering::current(uint32_t parameter) {
  auto& versions = leaves_[parameter];
  if (versions.empty()) {
    const tensor::Tensor& value = bank_.parameters[parameter]->value;
    const TensorType type{value.shape, value.dtype};
    versions.push_back(graph_
                           .add_special(special_operation(Special::parameter), {},
                                        {Attribute::of(static_cast<int64_t>(parameter))}, std::span(&type, 1))
                           .front());
  }
  return versions.back();
}

void Lowering::gradient(const TapeCall& call) {
  std::vector<Value> inputs;
  for (uint32_t i = 1; i < call.input_count; ++i) {
    inputs.push_back(input(call, i));
  }
  std::vector<Value> found = gradients(graph_, input(call, 0), inputs, true);
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) {
      found[i] = zeros_like(inputs[i]);
    }
  }
  set(call, found);
}

Value Lowering::zeros_like(const Value& value) {
  const auto dims = value.shape().dims();
  return graph_.apply("broadcast_to/1", {graph_.apply("scalar/1", {}, {Attribute::of(0.0)})},
                      {Attribute::of(std::vector(dims.begin(), dims.end()))});
}

void Lowering::log(const TapeCall& call) {
  if (is_last_) {
    out_.outputs.push_back(
        {OutputKind::logged, structural(call, 0), mean_of(call, 0), call.input_count > 1 ? mean_of(call, 1) : Value{}});
  }
}

// Samples follow one another; of what is one number, the mean.
void Lowering::annotate(const TapeCall& call) {
  if (!is_last_ || !observation_.annotations) {
    return;
  }
  const ShardValues values = inputs_of_all(call, 0);
  Value whole = values.front();
  if (varies(call, 0) && whole.shape().rank() == 0) {
    whole = mean_of(call, 0);
  } else if (varies(call, 0)) {
    if (values.size() > 1) {
      whole =
          graph_.apply(OperationRegistry::instance().get("concatenate/1"), values, {Attribute::of(int64_t{0})}).front();
    }
    if (share_.ranks > 1) {
      whole = graph_.apply("rank_concatenate/1", {whole}, {Attribute::of(static_cast<int64_t>(share_.ranks))});
    }
  }
  out_.outputs.push_back({OutputKind::annotation, structural(call, 0), whole, {}});
}

void Lowering::expect_finite(const TapeCall& call) {
  if (is_last_) {
    still_finite(call, 0);
  }
}

void Lowering::assign(const TapeCall& call) {
  if (!is_last_ && !is_one_for_all(call)) {
    return;
  }
  const auto parameter = static_cast<uint32_t>(structural(call, 0));
  if (varies(call, 0) && input(call, 0).type().dtype == DType::i64) {
    throw Error(ErrorKind::shape,
                "{}: assign: '{}' is int64 and gets another value from each shard of the batch, expected one that does "
                "not change with the batch, or a real state, which gets their mean; hint: [train] shards = 1",
                to_string(call.location), bank_.parameters[parameter]->name);
  }
  const Value inputs[] = {current(parameter), mean_of(call, 0)};
  const TensorType type = inputs[0].type();
  leaves_[parameter].push_back(graph_
                                   .add_special(special_operation(Special::assign), inputs,
                                                {Attribute::of(static_cast<int64_t>(parameter))}, std::span(&type, 1))
                                   .front());
}

std::unique_ptr<Lowered> lower(const Tape& tape, size_t calls, const Bank& bank, DType real,
                               const Observation& observation, kernels::Precision precision, const ShardShare& share) {
  auto out = std::make_unique<Lowered>(real, precision);
  Lowering(tape, calls, bank, observation, share, *out).run();
  return out;
}

}  // namespace atelier::record
