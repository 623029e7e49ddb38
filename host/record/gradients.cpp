// Reverse-mode differentiation (Griewank & Walther 2008, chapter 3) by adding the adjoint operations to the same graph.
#include "record/gradients.hpp"

#include <algorithm>

#include "record/layout.hpp"

namespace atelier::record {
namespace {

// The nodes through which `output` depends on `inputs`.
std::vector<char> nodes_between(const Graph& graph, Value output, std::span<const Value> inputs) {
  const int32_t last = graph.value(output.id).node;
  std::vector<char> depends(graph.value_count(), 0);  // on one of the inputs
  for (const Value& input : inputs) {
    depends[static_cast<size_t>(input.id)] = 1;
  }
  std::vector<char> active(static_cast<size_t>(last) + 1, 0);
  for (int32_t n = 0; n <= last; ++n) {
    const Node& node = graph.nodes()[static_cast<size_t>(n)];
    if (node.operation->differentiability == Differentiability::constant) {
      continue;
    }
    const bool any =
        std::ranges::any_of(node.inputs, [&](int32_t id) { return depends[static_cast<size_t>(id)] != 0; });
    active[static_cast<size_t>(n)] = any ? 1 : 0;
    if (any) {
      for (const int32_t id : node.outputs) {
        depends[static_cast<size_t>(id)] = 1;
      }
    }
  }
  std::vector<char> reaches(graph.value_count(), 0);  // the output
  reaches[static_cast<size_t>(output.id)] = 1;
  for (int32_t n = last; n >= 0; --n) {
    const Node& node = graph.nodes()[static_cast<size_t>(n)];
    const bool any =
        std::ranges::any_of(node.outputs, [&](int32_t id) { return reaches[static_cast<size_t>(id)] != 0; });
    active[static_cast<size_t>(n)] = static_cast<char>(active[static_cast<size_t>(n)] != 0 && any);
    if (active[static_cast<size_t>(n)] != 0) {
      for (const int32_t id : node.inputs) {
        reaches[static_cast<size_t>(id)] = 1;
      }
    }
  }
  return active;
}

struct Contribution {
  int32_t node;  // that it came through
  Value gradient;
};

class Backward {
 public:
  Backward(Graph& graph, Value output, std::span<const Value> inputs, bool of_one_shard)
      : graph_(graph),
        of_one_shard_(of_one_shard),
        active_(nodes_between(graph, output, inputs)),
        arrived_(graph.value_count()),
        wanted_(graph.value_count(), 0) {
    for (const Value& input : inputs) {
      wanted_[static_cast<size_t>(input.id)] = 1;
    }
    for (size_t n = 0; n < active_.size(); ++n) {
      if (active_[n] != 0) {
        for (const int32_t id : graph.nodes()[n].outputs) {
          wanted_[static_cast<size_t>(id)] = 1;
        }
      }
    }
    const Value one = graph.apply("scalar/1", {}, {Attribute::of(1.0)});
    const auto dims = output.shape().dims();
    const Value seed = output.shape().rank() == 0 ? one
                                                  : graph.apply("broadcast_to/1", {one},
                                                                {Attribute::of(std::vector(dims.begin(), dims.end()))});
    arrived_[static_cast<size_t>(output.id)].push_back({-1, seed});
  }

  void run() {
    for (auto n = static_cast<int32_t>(active_.size()) - 1; n >= 0; --n) {
      if (active_[static_cast<size_t>(n)] != 0) {
        through(n);
      }
    }
  }

  // The sum of what arrived at a value, in recording order of the nodes that it came through.
  Value total(int32_t id) {
    auto& contributions = arrived_[static_cast<size_t>(id)];
    if (contributions.empty()) {
      return {};
    }
    std::ranges::stable_sort(contributions, {}, &Contribution::node);
    Value sum = contributions.front().gradient;
    for (size_t i = 1; i < contributions.size(); ++i) {
      sum = graph_.apply("add/1", {sum, contributions[i].gradient});
    }
    contributions = {{contributions.front().node, sum}};
    return sum;
  }

 private:
  void through(int32_t n) {
    const Node node = graph_.nodes()[static_cast<size_t>(n)];  // a copy: the graph grows meanwhile
    std::vector<Value> inputs;
    std::vector<Value> outputs;
    std::vector<Value> output_gradients;
    std::vector<char> needed;
    for (const int32_t id : node.inputs) {
      inputs.push_back({&graph_, id});
      needed.push_back(wanted_[static_cast<size_t>(id)]);
    }
    for (const int32_t id : node.outputs) {
      outputs.push_back({&graph_, id});
      output_gradients.push_back(total(id));
    }
    if (std::ranges::none_of(output_gradients, [](const Value& value) { return static_cast<bool>(value); })) {
      return;
    }
    if (node.operation->differentiability == Differentiability::unsupported || !node.operation->gradient) {
      throw Error(ErrorKind::unsupported, "{}: {} has no gradient{}", to_string(node.location), node.operation->name,
                  node.operation->name.find("_gradient") != std::string::npos ? " of its gradient" : "");
    }
    graph_.set_location(node.location);
    graph_.set_gradient_of(node.operation);
    const bool is_alone = of_one_shard_ && node.operation->name == "shard_copies/1";
    const std::vector<Value> input_gradients =
        is_alone ? std::vector<Value>{only_one(output_gradients)}
                 : node.operation->gradient({graph_, inputs, outputs, output_gradients, node.attributes, needed});
    graph_.set_gradient_of(nullptr);
    ATELIER_CHECK(input_gradients.size() == inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (needed[i] != 0 && input_gradients[i]) {
        ATELIER_CHECK(input_gradients[i].shape() == inputs[i].shape());
        // What is rounded for a product has a gradient of the run's own type.
        ATELIER_CHECK(input_gradients[i].type().dtype == inputs[i].type().dtype ||
                      inputs[i].type().dtype == DType::bf16);
        arrived_[static_cast<size_t>(node.inputs[i])].push_back({n, input_gradients[i]});
      }
    }
  }

  static Value only_one(const std::vector<Value>& gradients) {
    const auto found = std::ranges::find_if(gradients, [](const Value& value) { return static_cast<bool>(value); });
    ATELIER_CHECK(
        std::none_of(found + 1, gradients.end(), [](const Value& value) { return static_cast<bool>(value); }));
    return *found;
  }

  Graph& graph_;
  bool of_one_shard_;
  std::vector<char> active_;
  std::vector<std::vector<Contribution>> arrived_;
  std::vector<char> wanted_;
};

}  // namespace

std::vector<Value> gradients(Graph& graph, Value output, std::span<const Value> inputs, bool of_one_shard) {
  const Location location = graph.location();
  std::vector<Value> sources;  // what is used in the place of an image that is channels-last inside
  for (const Value& input : inputs) {
    const Value source = channels_last_source(input);
    sources.push_back(source ? source : input);
  }
  Backward backward(graph, output, sources, of_one_shard);
  backward.run();
  graph.set_location(location);
  std::vector<Value> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Value found = backward.total(sources[i].id);
    out.push_back(found && sources[i].id != inputs[i].id ? channels_first(found) : found);
  }
  return out;
}

}  // namespace atelier::record
