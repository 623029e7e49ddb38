// A recorder and a bank in tests: operations by their short names.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "ops/operations.hpp"
#include "record/lowering.hpp"
#include "record/recorder.hpp"

namespace atelier::record::test {

class Descent : public UpdateRule {  // its values do not matter here
 public:
  [[nodiscard]] const std::vector<std::string>& slots() const override { return none_; }
  void begin_update(int64_t, double, double*) override {}
  void update(const double*, const double*, uint64_t, DType, void*, const void*, void* const*) const override {}

 private:
  std::vector<std::string> none_;
};

class Bench {
 public:
  explicit Bench(size_t capacity = 32) : recorder(DType::f32, capacity) { ops::register_operations(); }

  // A weight of the group of that number, or state where it is -1.
  uint32_t parameter(const Shape& shape, int32_t group = -1) {
    const auto index = static_cast<uint32_t>(bank.parameters.size());
    auto made = std::make_unique<Parameter>();
    made->name = fmt::format("p{}", index);
    made->group = group;
    made->value = tensor::Tensor(shape, DType::f32);
    bank.parameters.push_back(std::move(made));
    if (group >= 0) {
      bank.groups.resize(std::max(bank.groups.size(), static_cast<size_t>(group) + 1));
      bank.groups[static_cast<size_t>(group)].name = fmt::format("g{}", group);
      bank.groups[static_cast<size_t>(group)].members.push_back(index);
      bank.groups[static_cast<size_t>(group)].rule = &rule_;
    }
    return index;
  }

  uint32_t input(const Shape& shape, bool is_cut = false) {
    const TensorType type{shape, DType::f32};
    return special(Special::input, {},
                   {Attribute::of(static_cast<int64_t>(DType::f32)),
                    Attribute::of(std::vector<int64_t>(shape.dims().begin(), shape.dims().end())),
                    Attribute::of(static_cast<int64_t>(is_cut))},
                   {type});
  }
  uint32_t use(uint32_t index) {
    const tensor::Tensor& value = bank.parameters[index]->value;
    return special(Special::parameter, {}, {Attribute::of(static_cast<int64_t>(index))}, {{value.shape, value.dtype}});
  }
  void assign(uint32_t index, uint32_t value) {
    special(Special::assign, {value}, {Attribute::of(static_cast<int64_t>(index))}, {});
  }
  void minimize(int64_t group, uint32_t loss, double rate = 0.1) {
    Attributes attributes(1 + UpdateRule::max_scalars + 1, Attribute::of(rate));
    attributes[0] = Attribute::of(group);
    special(Special::minimize, {loss}, attributes, {});
  }
  uint32_t gradient(uint32_t output, uint32_t input) {
    return special(Special::gradient, {output, input}, {}, {recorder.type(input)});
  }
  uint32_t apply(const std::string& name, const std::vector<uint32_t>& inputs, const Attributes& attributes = {},
                 uint32_t line = 12) {
    return recorder.apply(OperationRegistry::instance().get(name + "/1"), inputs, raw(attributes), {"model.cpp", line});
  }
  uint32_t special(Special kind, const std::vector<uint32_t>& inputs, const Attributes& attributes,
                   const std::vector<TensorType>& types) {
    return recorder.special(special_operation(kind), inputs, raw(attributes), types, {"model.cpp", 13});
  }

  // Ends the recording and lowers it.
  std::unique_ptr<Lowered> lowered(const Observation& observation = {}, size_t shards = 1) {
    recorder.end();
    return lower(*recorder.tape(), recorder.recorded_calls(), bank, DType::f32, observation,
                 kernels::Precision::float32, {shards, 1, 0});
  }

  Bank bank;
  Recorder recorder;

 private:
  // Borrows the attributes' lists.
  static std::vector<RawAttribute> raw(const Attributes& attributes) {
    std::vector<RawAttribute> out;
    for (const Attribute& attribute : attributes) {
      RawAttribute one{attribute.type, static_cast<uint32_t>(attribute.integers.size()), {}};
      if (attribute.type == AttributeType::integers) {
        one.integers = attribute.integers.data();
      } else {
        one.integer = attribute.scalar.constant.integer;
      }
      out.push_back(one);
    }
    return out;
  }

  Descent rule_;
};

// How many nodes of that operation the graph has.
inline int64_t count(const Graph& graph, std::string_view name) {
  return std::ranges::count_if(graph.nodes(), [&](const Node& node) {
    return node.operation->name == name || node.operation->name == std::string(name) + "/1";
  });
}

inline const Node& maker(const Value& value) {
  return value.graph->nodes()[static_cast<size_t>(value.graph->value(value.id).node)];
}

}  // namespace atelier::record::test
