// The graph of one structure: operations on values, made from a tape (lowering.hpp), grown by gradients
// (gradients.hpp), and turned into a plan (plan/plan.hpp).
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <unordered_map>
#include <vector>

#include "record/operation.hpp"

namespace atelier::record {

struct Location {  // in the plugin author's source; `file` is of static storage
  const char* file = "";
  uint32_t line = 0;
};

std::string to_string(const Location& location);  // "gan.cpp:42"; "" where unknown

struct Node {
  const Operation* operation = nullptr;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  Attributes attributes;
  Location location;
  const Operation* gradient_of = nullptr;  // that this one belongs to the gradient of; null for none
  int32_t part = 0;                        // in which it was made, Graph::set_part
};

struct ValueInfo {
  TensorType type;
  int32_t node = -1;  // that makes it
  int32_t output = 0;
};

class Graph {
 public:
  explicit Graph(DType real, kernels::Precision precision = kernels::Precision::float32)
      : real_(real), precision_(precision) {}
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Adds an operation; missing trailing attributes get their defaults; a composed operation is replaced by its parts,
  // and one on images that are channels-last inside stays there (layout.hpp).
  // An equal operation on equal inputs gives the values that are there already (an elementwise one those of its part
  // alone). Throws Error(shape).
  std::vector<Value> apply(const Operation& operation, std::span<const Value> inputs, Attributes attributes = {});
  Value apply(std::string_view name, std::initializer_list<Value> inputs, Attributes attributes = {});

  // A node without the shape rule and without sharing: leaves and updates. Its value types are given.
  std::vector<Value> add_special(const Operation& operation, std::span<const Value> inputs, Attributes attributes,
                                 std::span<const TensorType> types);

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const ValueInfo& value(int32_t id) const { return values_[static_cast<size_t>(id)]; }
  [[nodiscard]] size_t value_count() const { return values_.size(); }
  [[nodiscard]] DType real() const { return real_; }
  [[nodiscard]] kernels::Precision precision() const { return precision_; }  // of its products

  // The author's line that nodes added from now on come from.
  void set_location(Location location) { location_ = location; }
  [[nodiscard]] Location location() const { return location_; }
  // The operation whose gradient they belong to; null for none.
  void set_gradient_of(const Operation* operation) { gradient_of_ = operation; }
  // Parts run one after the other, so that one's memory serves the next: nothing is fused across them.
  void set_part(int32_t part) { part_ = part; }

 private:
  std::vector<Value> find_equal(size_t hash, const Operation& operation, std::span<const int32_t> inputs,
                                const Attributes& attributes);
  std::vector<Value> append(Node node, std::span<const TensorType> types);

  DType real_;
  kernels::Precision precision_;
  Location location_;
  const Operation* gradient_of_ = nullptr;
  int32_t part_ = 0;
  std::vector<Node> nodes_;
  std::deque<ValueInfo> values_;  // types are held by reference while the graph grows
  std::unordered_multimap<size_t, int32_t> by_hash_;
};

std::string_view base_name(const Operation& operation);  // "conv2d" of "conv2d/1", for messages

// Checks inputs and attributes against an operation's declaration and fills in defaults; the error names the operation.
void complete_attributes(const Operation& operation, size_t input_count, Attributes& attributes);
// The operation's shape rule, with its name in front of the error.
std::vector<TensorType> infer(const Operation& operation, std::span<const TensorType> inputs,
                              std::span<const Attribute> attributes, DType real);

}  // namespace atelier::record
