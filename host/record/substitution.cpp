#include "record/substitution.hpp"

#include <vector>

namespace atelier::record {

// The nodes stand in the order in which they were recorded, so that one way through those before the value is enough.
Value Substitution::of(Value value) {
  const auto last = static_cast<size_t>(graph_.value(value.id).node);
  for (size_t n = 0; n <= last; ++n) {
    const Node node = graph_.nodes()[n];  // a copy: the list grows
    std::vector<Value> inputs;
    bool depends = false;
    for (const int32_t id : node.inputs) {
      const auto found = known_.find(id);
      depends = depends || found != known_.end();
      inputs.push_back(found == known_.end() ? Value{&graph_, id} : found->second);
    }
    if (!depends || node.operation->special == Special::update || known_.contains(node.outputs.front())) {
      continue;
    }
    const std::vector<Value> made = node.operation->special == Special::assign
                                        ? std::vector<Value>{inputs[1]}
                                        : graph_.apply(*node.operation, inputs, node.attributes);
    for (size_t i = 0; i < made.size(); ++i) {
      known_[node.outputs[i]] = made[i];
    }
  }
  const auto found = known_.find(value.id);
  return found == known_.end() ? value : found->second;
}

}  // namespace atelier::record
