#include "record/shards.hpp"

#include <algorithm>

namespace atelier::record {
namespace {

bool joins_gradients(Special special) {
  return special == Special::minimize || special == Special::group_gradients || special == Special::gradients_at;
}

// Where a recorded optimizer that has just asked for gradients replaces its last value.
size_t end_of_recorded_update(const Tape& tape, size_t begin, size_t calls) {
  size_t end = begin;
  for (size_t c = begin; c < calls; ++c) {
    const Special special = tape.calls[c].operation->special;
    if (special == Special::minimize || special == Special::group_gradients) {
      break;
    }
    end = special == Special::replace || special == Special::gradients_at ? c + 1 : end;
  }
  return end;
}

}  // namespace

void ShardTree::add(Value value) {
  parts_.push_back({parts_.empty() ? share_.first() : parts_.back().first + parts_.back().shards, 1, value});
  while (parts_.size() > 1) {
    const Part& left = parts_.end()[-2];
    if (left.shards != parts_.back().shards || left.first % (2 * left.shards) != 0) {
      return;  // what would meet there, of all ranks, are others
    }
    join();
  }
}

void ShardTree::join() {
  const Part right = parts_.back();
  parts_.pop_back();
  Part& left = parts_.back();
  left.shards += right.shards;
  if (left.sum && right.sum) {
    left.sum = graph_->apply("add/1", {left.sum, right.sum});
  } else if (right.sum) {
    left.sum = right.sum;
  }
}

Value ShardTree::share_of(Value sum) {
  if (!sum || share_.shards == 1) {
    return sum;
  }
  const auto share = Attribute::of(1.0 / static_cast<double>(share_.shards));
  return graph_->apply("mul/1", {sum, graph_->apply("scalar/1", {}, {share})});
}

Value ShardTree::sum() {
  return sums(std::span(this, 1)).front();
}

Value ShardTree::mean() {
  return means(std::span(this, 1)).front();
}

std::vector<Value> ShardTree::sums(std::span<ShardTree> trees) {
  std::vector<Value> out(trees.size());
  std::vector<size_t> together;
  int64_t bytes = 0;
  const auto exchange = [&] {
    if (together.empty()) {
      return;
    }
    std::vector<Value> blocks;
    for (const size_t i : together) {
      for (const Part& part : trees[i].parts_) {
        blocks.push_back(part.sum);
      }
    }
    const ShardTree& tree = trees[together.front()];
    const std::vector<Value> sums = tree.graph_->apply(OperationRegistry::instance().get("rank_sum/1"), blocks,
                                                       {Attribute::of(static_cast<int64_t>(tree.share_.shards)),
                                                        Attribute::of(static_cast<int64_t>(together.size()))});
    for (size_t i = 0; i < together.size(); ++i) {
      out[together[i]] = sums[i];
    }
    together.clear();
    bytes = 0;
  };
  for (size_t i = trees.size(); i-- > 0;) {  // gradients are known from the last layer to the first
    ShardTree& tree = trees[i];
    if (tree.is_absent()) {
      continue;
    }
    if (tree.share_.ranks == 1) {
      while (tree.parts_.size() > 1) {
        tree.join();
      }
      out[i] = tree.parts_.front().sum;
      continue;
    }
    const TensorType& type = tree.parts_.front().sum.type();
    const int64_t own = type.shape.elements() * static_cast<int64_t>(tensor::size_of(type.dtype));
    constexpr int64_t large = int64_t{1} << 18U;  // bytes that are worth messages of their own
    if (own >= large) {
      exchange();
    }
    together.push_back(i);
    bytes += own;
    if (bytes >= large) {
      exchange();
    }
  }
  exchange();
  return out;
}

std::vector<Value> ShardTree::means(std::span<ShardTree> trees) {
  std::vector<Value> out = sums(trees);
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = trees[i].share_of(out[i]);
  }
  return out;
}

bool sums_shards(const TapeCall& call) {
  return call.operation->name == "shard_sum/1";
}

std::vector<char> varying_values(const Tape& tape, size_t calls) {
  std::vector<char> varying(tape.values.size(), 0);
  for (size_t c = 0; c < calls; ++c) {
    const TapeCall& call = tape.calls[c];
    bool varies = call.operation->draws;
    if (call.operation->special == Special::input) {
      varies = is_cut(tape, call);
    } else if (!joins_gradients(call.operation->special) && !sums_shards(call)) {
      for (const uint32_t input : tape.inputs_of(call)) {
        varies = varies || varying[input] != 0;
      }
    }
    std::fill_n(varying.begin() + call.first_output, call.output_count, varies ? 1 : 0);
  }
  return varying;
}

std::vector<Stretch> stretches_of(const Tape& tape, size_t calls, const std::vector<char>& varying, size_t parameters) {
  std::vector<Stretch> out;
  std::vector<char> assigned(parameters, 0);  // a varying value, in this stretch
  size_t first = 0;
  size_t update_end = 0;
  const auto end_at = [&](size_t last, bool is_shared) {
    if (first < last) {
      out.push_back({first, last, is_shared});
    }
    first = last;
    std::ranges::fill(assigned, 0);
  };
  for (size_t c = 0; c < calls; ++c) {
    const TapeCall& call = tape.calls[c];
    const Special special = call.operation->special;
    const bool in_update = c < update_end;
    if (c == update_end) {
      end_at(c, true);
    }
    if (special == Special::parameter || special == Special::assign) {
      const auto index = static_cast<size_t>(tape.attributes[call.first_attribute].integer);
      if (assigned[index] != 0) {
        end_at(c, in_update);
      }
      assigned[index] = special == Special::assign ? varying[tape.inputs_of(call)[0]] : 0;
    } else if (sums_shards(call)) {
      end_at(c + 1, in_update);
    } else if (joins_gradients(special)) {
      if (in_update) {
        end_at(c, true);
      }
      end_at(c + 1, false);
      update_end = special == Special::minimize ? update_end : end_of_recorded_update(tape, c + 1, calls);
    }
  }
  end_at(calls, calls <= update_end);
  return out;
}

}  // namespace atelier::record
