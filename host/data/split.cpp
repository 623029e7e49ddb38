#include "data/split.hpp"

#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "kernels/random.hpp"

namespace atelier::data {

std::vector<bool> hold_out(std::span<const int64_t> groups, int64_t wanted, uint64_t seed) {
  std::map<int64_t, std::vector<uint32_t>> members;
  for (size_t i = 0; i < groups.size(); ++i) {
    members[groups[i]].push_back(static_cast<uint32_t>(i));
  }
  std::vector<bool> out(groups.size());
  int64_t taken = 0;
  const auto take = [&](const std::vector<uint32_t>& group) {
    for (const uint32_t member : group) {
      out[member] = true;
    }
    taken += static_cast<int64_t>(group.size());
  };
  const std::vector<uint32_t>* smallest_left = nullptr;
  // A group has its place in the order by whichever of its samples comes first.
  for (const uint32_t i : kernels::permutation({seed, purpose_validation}, 0, static_cast<uint32_t>(groups.size()))) {
    const auto group = members.find(groups[i]);
    if (group == members.end()) {
      continue;
    }
    if (taken + static_cast<int64_t>(group->second.size()) <= wanted) {
      take(group->second);
      members.erase(group);
    } else if (smallest_left == nullptr || group->second.size() < smallest_left->size()) {
      smallest_left = &group->second;
    }
  }
  if (smallest_left != nullptr && static_cast<int64_t>(smallest_left->size()) < 2 * (wanted - taken)) {
    take(*smallest_left);
  }
  return out;
}

Subsets divide(const plugin::Dataset& dataset, double validation, uint64_t seed) {
  const int64_t count = dataset.spec().train_count;
  Subsets out;
  out.test = {plugin::Split::test, {}, dataset.spec().test_count};
  if (validation == 0) {
    out.train = {plugin::Split::train, {}, count};
    return out;
  }
  const int64_t wanted = std::llround(validation * static_cast<double>(count));
  if (wanted == 0 || wanted >= count) {
    throw Error(ErrorKind::data,
                "dataset.validation: got {}, which is {} of the {} training samples, expected at least one on each "
                "side{}",
                validation, wanted == 0 ? "none" : "all", count,
                count < 2 ? "; hint: use more of them, or no validation"
                          : fmt::format("; hint: {:.3g} holds out one", 1 / static_cast<double>(count)));
  }
  std::vector<int64_t> groups;
  for (int64_t i = 0; i < count; ++i) {
    groups.push_back(dataset.group(i));
  }
  const std::vector<bool> held_out = hold_out(groups, wanted, seed);
  for (uint32_t i = 0; i < held_out.size(); ++i) {
    (held_out[i] ? out.validation : out.train).indices.push_back(i);
  }
  out.validation.count = static_cast<int64_t>(out.validation.indices.size());
  out.train.count = static_cast<int64_t>(out.train.indices.size());
  if (out.validation.count == 0 || out.train.count == 0) {
    throw Error(
        ErrorKind::data,
        "dataset.validation: the groups of near-duplicates among the {} training samples are too large to cut off "
        "{} of them, expected smaller ones; hint: hold out more, or make more groups",
        count, wanted);
  }
  return out;
}

}  // namespace atelier::data
