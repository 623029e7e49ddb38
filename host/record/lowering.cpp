#include "record/lowering.hpp"

#include <algorithm>

#include "record/gradients.hpp"
#include "record/substitution.hpp"

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

// Walks a tape once, call by call, in the order of recording.
class Lowering {
 public:
  Lowering(const Tape& tape, const Bank& bank, const Observation& observation, Lowered& out)
      : tape_(tape),
        bank_(bank),
        observation_(observation),
        out_(out),
        graph_(out.graph),
        leaves_(bank.parameters.size()) {
    out_.values.resize(tape.values.size());
  }

  void run(size_t calls) {
    for (size_t c = 0; c < calls; ++c) {
      const TapeCall& call = tape_.calls[c];
      graph_.set_location(call.location);
      take(call);
    }
  }

 private:
  void take(const TapeCall& call) {
    switch (call.operation->special) {
      case Special::none:
        return apply(call);
      case Special::input:
        set(call, graph_.add_special(*call.operation, {}, {Attribute::of(static_cast<int64_t>(out_.inputs.size()))},
                                     types_of(call)));
        out_.inputs.push_back(out_.values[call.first_output]);
        return;
      case Special::parameter:
        return set(call, std::vector{current(static_cast<uint32_t>(structural(call, 0)))});
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
        out_.outputs.push_back(
            {OutputKind::logged, structural(call, 0), input(call, 0), call.input_count > 1 ? input(call, 1) : Value{}});
        return;
      case Special::annotate:
        if (observation_.annotations) {
          out_.outputs.push_back({OutputKind::annotation, structural(call, 0), input(call, 0), {}});
        }
        return;
      case Special::finite:
        still_finite(input(call, 0));
        return;
      case Special::update:
        ATELIER_CHECK(!"recorded");
    }
  }

  [[nodiscard]] Value input(const TapeCall& call, size_t i) const {
    return out_.values[tape_.inputs[call.first_input + i]];
  }
  [[nodiscard]] int64_t structural(const TapeCall& call, size_t i) const {
    return tape_.attributes[call.first_attribute + i].integer;
  }
  [[nodiscard]] std::span<const TensorType> types_of(const TapeCall& call) const {
    return std::span(tape_.values).subspan(call.first_output, call.output_count);
  }
  void set(const TapeCall& call, const std::vector<Value>& values) {
    ATELIER_CHECK(values.size() == call.output_count);
    std::ranges::copy(values, out_.values.begin() + call.first_output);
  }

  void apply(const TapeCall& call) {
    std::vector<Value> inputs;
    for (uint32_t i = 0; i < call.input_count; ++i) {
      inputs.push_back(input(call, i));
    }
    Attributes attributes;
    for (uint32_t i = 0; i < call.attribute_count; ++i) {
      attributes.push_back(attribute_at(tape_, call.first_attribute + i));
    }
    set(call, graph_.apply(*call.operation, inputs, std::move(attributes)));
  }

  // The value of a parameter's current version.
  Value current(uint32_t parameter) {
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

  void gradient(const TapeCall& call) {
    std::vector<Value> inputs;
    for (uint32_t i = 1; i < call.input_count; ++i) {
      inputs.push_back(input(call, i));
    }
    std::vector<Value> found = gradients(graph_, input(call, 0), inputs);
    for (size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) {
        found[i] = zeros_like(inputs[i]);
      }
    }
    set(call, found);
  }

  Value zeros_like(const Value& value) {
    const auto dims = value.shape().dims();
    return graph_.apply("broadcast_to/1", {graph_.apply("scalar/1", {}, {Attribute::of(0.0)})},
                        {Attribute::of(std::vector(dims.begin(), dims.end()))});
  }

  // The gradient of each parameter of the group, summed over the versions that the loss was made with; absent where
  // none.
  std::vector<Value> group_gradients(const ParameterGroup& group, Value loss) {
    std::vector<Value> leaves;
    std::vector<size_t> owner;
    for (size_t m = 0; m < group.members.size(); ++m) {
      for (const Value& leaf : leaves_[group.members[m]]) {
        leaves.push_back(leaf);
        owner.push_back(m);
      }
    }
    const std::vector<Value> found = gradients(graph_, loss, leaves);
    std::vector<Value> total(group.members.size());
    for (size_t i = 0; i < found.size(); ++i) {
      Value& sum = total[owner[i]];
      if (found[i]) {
        sum = sum ? graph_.apply("add/1", {sum, found[i]}) : found[i];
      }
    }
    return total;
  }

  Value squared_norm(const Value& gradient) {
    return graph_.apply("sum/1", {graph_.apply("square/1", {gradient})}, {Attribute::of(std::vector<int64_t>{})});
  }

  void observe(const ParameterGroup& group, int64_t group_index, const std::vector<Value>& found, Value norm) {
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

  // Adds one more condition to the step's updates, and to its results: that all of a value is finite.
  Value still_finite(Value value) {
    Value finite = graph_.apply("is_finite/1", {value});
    finite = value.shape().elements() == 1
                 ? graph_.apply("reshape/1", {finite}, {Attribute::of(std::vector<int64_t>{})})
                 : graph_.apply("min/1", {finite}, {Attribute::of(std::vector<int64_t>{})});
    out_.expected_finite.push_back(value);
    out_.finite = out_.finite ? graph_.apply("mul/1", {out_.finite, finite}) : finite;
    return out_.finite;
  }

  // The gradients that the updates of a group go by, and the scalar that is 0 where they must not happen.
  struct Minimized {
    std::vector<Value> gradients;  // absent where the loss does not depend on a parameter
    Value finite;
  };

  Minimized minimized(const TapeCall& call) {
    const int64_t index = structural(call, 0);
    const ParameterGroup& group = bank_.groups[static_cast<size_t>(index)];
    const Value loss = input(call, 0);
    out_.minimized.push_back({static_cast<int32_t>(index), loss, call.location});
    std::vector<Value> found = group_gradients(group, loss);
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
    Value finite = still_finite(loss);
    if (group.clip_norm > 0) {
      finite = still_finite(norm);
    }
    return {std::move(found), finite};
  }

  void minimize(const TapeCall& call) {
    const Minimized found = minimized(call);
    const ParameterGroup& group = bank_.groups[static_cast<size_t>(structural(call, 0))];
    for (size_t m = 0; m < found.gradients.size(); ++m) {
      if (found.gradients[m] && group.rule != nullptr) {
        update(group.members[m], found.gradients[m], found.finite, call);
      }
    }
  }

  void begin_recorded(const TapeCall& call) {
    Minimized found = minimized(call);
    const ParameterGroup& group = bank_.groups[static_cast<size_t>(structural(call, 0))];
    for (size_t m = 0; m < found.gradients.size(); ++m) {
      if (!found.gradients[m]) {
        found.gradients[m] = zeros_like(current(group.members[m]));
      }
      still_finite(found.gradients[m]);
    }
    may_update_ = found.finite;
    set(call, found.gradients);
  }

  void gradients_at(const TapeCall& call) {
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
    std::vector<Value> found = gradients(graph_, substitution.of(input(call, 0)), values);
    for (size_t m = 0; m < found.size(); ++m) {
      found[m] = found[m] ? found[m] : zeros_like(values[m]);
      still_finite(found[m]);
    }
    set(call, found);
  }

  void replace(const TapeCall& call) {
    update(static_cast<uint32_t>(structural(call, 0)), input(call, 0), may_update_, call);
  }

  // Pascanu et al. 2013: g * min(1, limit / |g|).
  void clip(double limit, Value norm, std::vector<Value>& found) {
    const Value ratio = graph_.apply("div/1", {graph_.apply("scalar/1", {}, {Attribute::of(limit)}), norm});
    const Value one = graph_.apply("scalar/1", {}, {Attribute::of(1.0)});
    const Value scale = graph_.apply("minimum/1", {ratio, one});
    for (Value& gradient : found) {
      if (gradient) {
        gradient = graph_.apply("mul/1", {gradient, scale});
      }
    }
  }

  void update(uint32_t parameter, Value gradient, Value finite, const TapeCall& call) {
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

  void assign(const TapeCall& call) {
    const auto parameter = static_cast<uint32_t>(structural(call, 0));
    const Value inputs[] = {current(parameter), input(call, 0)};
    const TensorType type = inputs[0].type();
    leaves_[parameter].push_back(graph_
                                     .add_special(special_operation(Special::assign), inputs,
                                                  {Attribute::of(static_cast<int64_t>(parameter))}, std::span(&type, 1))
                                     .front());
  }

  const Tape& tape_;
  const Bank& bank_;
  const Observation& observation_;
  Lowered& out_;
  Graph& graph_;
  std::vector<std::vector<Value>> leaves_;  // by parameter: its versions so far
  Value may_update_;                        // of the recorded update that is being made
};

Operation make_special(std::string name, Special special, size_t max_inputs,
                       std::vector<AttributeSpec> attributes = {}) {
  Operation operation;
  operation.name = std::move(name);
  operation.special = special;
  operation.min_inputs = 0;
  operation.max_inputs = max_inputs;
  operation.attributes = std::move(attributes);
  operation.differentiability = Differentiability::constant;
  return operation;
}

}  // namespace

std::unique_ptr<Lowered> lower(const Tape& tape, size_t calls, const Bank& bank, DType real,
                               const Observation& observation, kernels::Precision precision) {
  auto out = std::make_unique<Lowered>(real, precision);
  Lowering(tape, bank, observation, *out).run(calls);
  return out;
}

const Operation& special_operation(Special special) {
  static const auto table = [] {
    std::vector<const Operation*> found(static_cast<size_t>(Special::update) + 1);
    const OperationRegistry& registry = OperationRegistry::instance();
    for (uint32_t handle = 1; const Operation* operation = registry.by_handle(handle); ++handle) {
      if (operation->special != Special::none) {
        found[static_cast<size_t>(operation->special)] = operation;
      }
    }
    return found;
  }();
  return *table[static_cast<size_t>(special)];
}

void register_special_operations() {
  OperationRegistry& registry = OperationRegistry::instance();
  const AttributeSpec index{"index"};
  registry.add(make_special("input", Special::input, 0, {{"dtype"}, {"dims", AttributeType::integers}}));
  registry.add(make_special("parameter", Special::parameter, 0, {index}));
  registry.add(make_special("gradient", Special::gradient, 1U << 16U));
  registry.add(make_special("minimize", Special::minimize, 1, {index}));  // the scalars of the update follow
  registry.add(make_special("group_gradients", Special::group_gradients, 1, {index}));
  registry.add(make_special("gradients_at", Special::gradients_at, 1U << 16U, {index}));
  registry.add(make_special("replace", Special::replace, 1, {index}));  // the scalars of the update follow
  registry.add(make_special("assign", Special::assign, 2, {index}));
  registry.add(make_special("log", Special::log, 2, {index}));
  registry.add(make_special("finite", Special::finite, 1));
  registry.add(make_special("annotate", Special::annotate, 1, {index}));
  registry.add(make_special("update", Special::update, 3, {index, {"scalars"}}));
}

}  // namespace atelier::record
