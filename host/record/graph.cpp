#include "record/graph.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "record/layout.hpp"
#include "record/summary.hpp"
#include "tensor/memory.hpp"

namespace atelier::record {
namespace {

void mix(size_t& hash, size_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6U) + (hash >> 2U);
}

size_t hash_of(const Operation& operation, std::span<const int32_t> inputs, const Attributes& attributes) {
  size_t hash = std::hash<const void*>{}(&operation);
  for (const int32_t input : inputs) {
    mix(hash, static_cast<size_t>(input));
  }
  for (const Attribute& attribute : attributes) {
    mix(hash, static_cast<size_t>(attribute.scalar.slot));
    if (attribute.scalar.slot < 0 && attribute.type != AttributeType::integers) {
      mix(hash, static_cast<size_t>(attribute.scalar.constant.integer));
    }
    for (const int64_t integer : attribute.integers) {
      mix(hash, static_cast<size_t>(integer));
    }
  }
  return hash;
}

Attribute default_of(const AttributeSpec& spec) {
  if (spec.type == AttributeType::integers) {
    return Attribute::of(*spec.default_integers);
  }
  return spec.type == AttributeType::integer ? Attribute::of(static_cast<int64_t>(*spec.default_number))
                                             : Attribute::of(*spec.default_number);
}

// Sizes, places and counts: with more than fits into memory, shape rules could not compute.
void require_possible(const AttributeSpec& spec, const Attribute& attribute, const auto& fail) {
  constexpr int64_t most = int64_t{1} << 40U;
  const auto require = [&](int64_t value) {
    if (value > most || value < -most) {
      fail(fmt::format("attribute '{}' is {}, {} than any tensor has", spec.name, value, value > 0 ? "more" : "less"));
    }
  };
  if (attribute.type == AttributeType::integer && attribute.scalar.slot < 0) {
    require(attribute.scalar.constant.integer);
  }
  std::ranges::for_each(attribute.integers, require);
}

constexpr std::string_view type_names[] = {"an integer", "a number", "a list of integers"};

}  // namespace

std::string to_string(const Location& location) {
  if (location.line == 0) {
    return "";
  }
  return fmt::format("{}:{}", location.file, location.line);
}

std::string_view base_name(const Operation& operation) {
  return std::string_view(operation.name).substr(0, operation.name.find('/'));
}

void complete_attributes(const Operation& operation, size_t input_count, Attributes& attributes) {
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorKind::shape, "{}: {}", base_name(operation), message);
  };
  if (input_count < operation.min_inputs || input_count > operation.max_inputs) {
    fail(
        operation.min_inputs == operation.max_inputs
            ? fmt::format("got {} inputs, expected {}", input_count, operation.min_inputs)
            : fmt::format("got {} inputs, expected {} to {}", input_count, operation.min_inputs, operation.max_inputs));
  }
  if (attributes.size() > operation.attributes.size()) {
    fail(fmt::format("got {} attributes, expected at most {}", attributes.size(), operation.attributes.size()));
  }
  for (size_t i = 0; i < attributes.size(); ++i) {
    const AttributeSpec& spec = operation.attributes[i];
    Attribute& attribute = attributes[i];
    if (attribute.type == AttributeType::integer && spec.type == AttributeType::number && attribute.scalar.slot < 0) {
      attribute = Attribute::of(static_cast<double>(attribute.scalar.constant.integer));
    }
    if (attribute.type != spec.type) {
      fail(fmt::format("attribute '{}' must be {}, got {}", spec.name, type_names[static_cast<size_t>(spec.type)],
                       type_names[static_cast<size_t>(attribute.type)]));
    }
  }
  for (size_t i = 0; i < attributes.size(); ++i) {
    if (!operation.attributes[i].runtime) {  // check_operands looks at those, in every recording
      require_possible(operation.attributes[i], attributes[i], fail);
    }
  }
  for (size_t i = attributes.size(); i < operation.attributes.size(); ++i) {
    const AttributeSpec& spec = operation.attributes[i];
    if (!spec.default_number && !spec.default_integers) {
      fail(fmt::format("attribute '{}' is missing", spec.name));
    }
    attributes.push_back(default_of(spec));
  }
}

std::vector<TensorType> infer(const Operation& operation, std::span<const TensorType> inputs,
                              std::span<const Attribute> attributes, DType real) {
  try {
    const Inference inference(inputs, attributes, real);
    std::vector<TensorType> types = operation.infer(inference);
    for (size_t o = 0; o < types.size(); ++o) {
      const Shape possible(types[o].shape.dims());  // throws for one that cannot be
      const auto bytes = static_cast<uint64_t>(possible.elements()) * tensor::size_of(types[o].dtype);
      if (const std::string lack = tensor::lack_of_memory(bytes); !lack.empty()) {
        throw Error(ErrorKind::memory, "the result, {}, {}; hint: a smaller batch, or smaller layers",
                    tensor::described(possible, types[o].dtype, result_axes(operation, o)), lack);
      }
    }
    // Operands of the step have no value yet where a graph is made; they are looked at where they are recorded.
    const bool are_known =
        std::ranges::none_of(attributes, [](const Attribute& attribute) { return attribute.scalar.slot >= 0; });
    if (operation.check_operands && are_known) {
      operation.check_operands(inference);
    }
    return types;
  } catch (const Error& error) {
    throw Error(error.kind(), "{}: {}", base_name(operation), error.what());
  }
}

std::vector<Value> Graph::find_equal(size_t hash, const Operation& operation, std::span<const int32_t> inputs,
                                     const Attributes& attributes) {
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    const Node& node = nodes_[static_cast<size_t>(it->second)];
    if (node.operation == &operation && std::ranges::equal(node.inputs, inputs) && node.attributes == attributes &&
        (operation.elementwise == nullptr || node.part == part_)) {
      std::vector<Value> out;
      for (const int32_t id : node.outputs) {
        out.push_back({this, id});
      }
      return out;
    }
  }
  return {};
}

std::vector<Value> Graph::append(Node node, std::span<const TensorType> types) {
  node.gradient_of = gradient_of_;
  node.part = part_;
  std::vector<Value> out;
  const auto index = static_cast<int32_t>(nodes_.size());
  for (size_t i = 0; i < types.size(); ++i) {
    const auto id = static_cast<int32_t>(values_.size());
    values_.push_back({types[i], index, static_cast<int32_t>(i)});
    node.outputs.push_back(id);
    out.push_back({this, id});
  }
  nodes_.push_back(std::move(node));
  return out;
}

std::vector<Value> Graph::apply(const Operation& operation, std::span<const Value> inputs, Attributes attributes) {
  complete_attributes(operation, inputs.size(), attributes);
  std::vector<TensorType> input_types;
  std::vector<int32_t> ids;
  for (const Value& input : inputs) {
    ATELIER_CHECK(input.graph == this);
    input_types.push_back(input.type());
    ids.push_back(input.id);
  }
  const std::vector<TensorType> types = infer(operation, input_types, attributes, real_);
  if (operation.composed) {
    return operation.composed(*this, inputs, attributes);
  }
  if (!operation.on_integers.empty() && input_types.back().dtype == DType::i64) {
    return apply(OperationRegistry::instance().get(operation.on_integers), inputs, attributes);
  }
  if (const Value found = stay_channels_last(operation, inputs, attributes, types.front())) {
    return {found};
  }
  if (operation.unchanged) {
    if (const std::optional<size_t> input = operation.unchanged(input_types, attributes)) {
      // A value of its own, whose gradient is not its input's, nor another operation's that changes nothing.
      const auto as = static_cast<int64_t>(OperationRegistry::instance().handle(operation));
      return {apply("same/1", {inputs[*input]}, {Attribute::of(as)})};
    }
  }
  const size_t hash = hash_of(operation, ids, attributes);
  if (auto equal = find_equal(hash, operation, ids, attributes); !equal.empty()) {
    return equal;
  }
  by_hash_.emplace(hash, static_cast<int32_t>(nodes_.size()));
  return append({&operation, std::move(ids), {}, std::move(attributes), location_, nullptr, 0}, types);
}

Value Graph::apply(std::string_view name, std::initializer_list<Value> inputs, Attributes attributes) {
  const Operation& operation = OperationRegistry::instance().get(name);
  return apply(operation, std::span(inputs.begin(), inputs.size()), std::move(attributes)).front();
}

std::vector<Value> Graph::add_special(const Operation& operation, std::span<const Value> inputs, Attributes attributes,
                                      std::span<const TensorType> types) {
  Node node{&operation, {}, {}, std::move(attributes), location_, nullptr, 0};
  for (const Value& input : inputs) {
    node.inputs.push_back(input.id);
  }
  return append(std::move(node), types);
}

}  // namespace atelier::record
