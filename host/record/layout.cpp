#include "record/layout.hpp"

#include <algorithm>

namespace atelier::record {
namespace {

const Node& maker(Value value) {
  return value.graph->nodes()[static_cast<size_t>(value.graph->value(value.id).node)];
}

// What `value` is the turned form of, if a node of that kind made it.
Value source(Value value, LayoutChange change) {
  const Node& node = maker(value);
  return node.operation->layout == change ? Value{value.graph, node.inputs[0]} : Value{};
}

std::vector<int64_t> dims_of(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

// An operand of an elementwise operation on turned images: it meets the same elements as before.
Value turned_operand(Value operand) {
  if (operand.shape().elements() == 1) {
    return operand;
  }
  std::vector<int64_t> dims = dims_of(operand.shape());
  if (dims.size() < 4) {
    dims.insert(dims.begin(), 4 - dims.size(), 1);
    operand = operand.graph->apply("reshape/1", {operand}, {Attribute::of(dims)});
  }
  return channels_last(operand);
}

// Turning moves nothing where there is one channel or one pixel, and what is stretched is turned before.
Value turn(Value image, LayoutChange change, const Shape& to) {
  ATELIER_CHECK(image.shape().rank() == 4);
  const Shape& from = image.shape();
  const bool last = change == LayoutChange::channels_last;
  const int64_t channels = last ? from[1] : from[3];
  const int64_t pixels = last ? from[2] * from[3] : from[1] * from[2];
  if (const Value before = source(image, last ? LayoutChange::channels_first : LayoutChange::channels_last)) {
    return before;
  }
  if (channels == 1 || pixels == 1) {
    return image.graph->apply("reshape/1", {image}, {Attribute::of(dims_of(to))});
  }
  if (const Node& node = maker(image); last && node.operation->name == "broadcast_to/1") {
    const Value stretched{image.graph, node.inputs[0]};
    return image.graph->apply("broadcast_to/1", {turned_operand(stretched)}, {Attribute::of(dims_of(to))});
  }
  return image.graph->apply(last ? "channels_last/1" : "channels_first/1", {image});
}

}  // namespace

Value channels_last(Value image) {
  const Shape& from = image.shape();
  return turn(image, LayoutChange::channels_last, {from[0], from[2], from[3], from[1]});
}

Value channels_first(Value image) {
  const Shape& from = image.shape();
  return turn(image, LayoutChange::channels_first, {from[0], from[3], from[1], from[2]});
}

Value channels_last_source(Value image) {
  return source(image, LayoutChange::channels_first);
}

Value stay_channels_last(const Operation& operation, std::span<const Value> inputs, const Attributes& attributes,
                         const TensorType& result) {
  const bool elementwise = operation.elementwise != nullptr;
  if ((!elementwise && !operation.on_channels_last) || result.shape.rank() != 4) {
    return {};
  }
  if (operation.name == "broadcast_to/1") {  // whose attribute is a shape; turn() knows it
    return {};
  }
  const auto is_turned = [&](const Value& input) {
    return (!elementwise || input.shape() == result.shape) && channels_last_source(input);
  };
  if (std::ranges::none_of(inputs, is_turned)) {
    return {};
  }
  std::vector<Value> turned;
  for (const Value& input : inputs) {
    turned.push_back(elementwise ? turned_operand(input) : channels_last(input));
  }
  if (!elementwise) {
    return channels_first(operation.on_channels_last(turned, attributes));
  }
  return channels_first(inputs.front().graph->apply(operation, turned, attributes).front());
}

}  // namespace atelier::record
