#include "execute/memory_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "record/summary.hpp"
#include "tensor/memory.hpp"

namespace atelier::execute {
namespace {

struct Block {
  std::string text;
  size_t bytes = 0;
};

std::string size_text(uint64_t bytes) {
  return human_bytes(static_cast<double>(bytes));
}

std::string at(const record::Location& location) {
  const std::string place = to_string(location);
  return place.empty() ? "" : " at " + place;
}

std::string value_text(const record::Node& node, const record::ValueInfo& value) {
  const std::string type = tensor::described(value.type.shape, value.type.dtype,
                                             record::result_axes(*node.operation, static_cast<size_t>(value.output)));
  const std::string name(record::base_name(*node.operation));
  return fmt::format("{}{}, {}",
                     node.gradient_of == nullptr
                         ? name
                         : fmt::format("{} for the gradient of {}", name, record::base_name(*node.gradient_of)),
                     at(node.location), type);
}

// All that lies in the arena; what takes another's place there counts once.
std::vector<Block> blocks_of(const plan::Plan& plan) {
  std::vector<Block> out;
  std::set<int32_t> known;
  const record::Graph& graph = plan.lowered->graph;
  for (size_t v = 0; v < plan.buffer_of_value.size(); ++v) {
    const int32_t buffer = plan.buffer_of_value[v];
    if (buffer < 0 || !known.insert(buffer).second) {
      continue;
    }
    const plan::PlannedBuffer& planned = plan.buffers[static_cast<size_t>(buffer)];
    if (planned.residence == plan::Residence::arena || planned.residence == plan::Residence::own) {
      const record::ValueInfo& value = graph.value(static_cast<int32_t>(v));
      out.push_back({value_text(graph.nodes()[static_cast<size_t>(value.node)], value), planned.bytes});
    }
  }
  for (const plan::Step& step : plan.steps) {
    if (const size_t bytes = step.kernel->workspace_bytes(); bytes > 0) {
      out.push_back({fmt::format("{}{}, while it computes", step.name, at(step.location)), bytes});
    }
  }
  return out;
}

uint64_t bytes_of_values(const record::Bank& bank) {
  uint64_t bytes = 0;
  for (const auto& parameter : bank.parameters) {
    bytes += parameter->slot_of < 0 ? parameter->value.bytes() : 0;
  }
  return bytes;
}

}  // namespace

uint64_t bytes_of(const record::Bank& bank) {
  uint64_t bytes = 0;
  for (const auto& parameter : bank.parameters) {
    bytes += parameter->value.bytes();
    for (const tensor::Storage& slot : parameter->slots) {
      bytes += slot.size();
    }
  }
  return bytes;
}

std::string memory_text(const plan::Plan& plan, const record::Bank& bank) {
  constexpr size_t most = 3;
  std::vector<Block> blocks = blocks_of(plan);
  std::ranges::stable_sort(blocks, std::greater<>{}, &Block::bytes);
  std::vector<std::string> largest;
  for (size_t i = 0; i < std::min(most, blocks.size()); ++i) {
    largest.push_back(fmt::format("{}, {}", blocks[i].text, size_text(blocks[i].bytes)));
  }
  const uint64_t values = bytes_of_values(bank);
  return fmt::format("{} for parameters, {} for what optimizers keep and {} for what is computed{}", size_text(values),
                     size_text(bytes_of(bank) - values), size_text(plan.arena_bytes + plan.own.size()),
                     largest.empty() ? "" : fmt::format("; the largest: {}", fmt::join(largest, "; ")));
}

}  // namespace atelier::execute
