#include "plan/fusion.hpp"

#include <algorithm>

namespace atelier::plan {
namespace {

constexpr size_t max_fused = 48;

}  // namespace

Fusion::Fusion(const Dependencies& dependencies, bool fuse)
    : dependencies_(dependencies),
      fuse_(fuse),
      order_(dependencies),
      group_of_(dependencies.graph().nodes().size(), -1) {
  for (int32_t n = 0; n < static_cast<int32_t>(group_of_.size()); ++n) {
    if (!dependencies_.runs(n)) {
      continue;
    }
    if (is_fusible(n)) {
      for (const int32_t value : dependencies_.node(n).inputs) {
        const int32_t producer = dependencies_.maker(value);
        if (dependencies_.owner(value) == value && dependencies_.runs(producer) && join(n, producer)) {
          break;
        }
      }
    }
    if (group_of(n) < 0) {
      group_of_[static_cast<size_t>(n)] = static_cast<int32_t>(groups_.size());
      groups_.push_back({n});
    }
  }
}

bool Fusion::is_fusible(int32_t n) const {
  return fuse_ && dependencies_.node(n).operation->elementwise != nullptr;
}

bool Fusion::is_splat(int32_t n) const {
  const kernels::ElementwiseFunction* function = dependencies_.node(n).operation->elementwise;
  return function != nullptr && function->inputs == 0;
}

const TensorType& Fusion::result(int32_t n) const {
  return dependencies_.graph().value(dependencies_.node(n).outputs[0]).type;
}

bool Fusion::join(int32_t n, int32_t producer) {
  if (!is_fusible(producer) || is_splat(producer) || !(result(producer) == result(n)) ||
      dependencies_.node(producer).part != dependencies_.node(n).part) {
    return false;
  }
  const int32_t group = group_of(producer);
  auto& members = groups_[static_cast<size_t>(group)];
  if (members.size() >= max_fused || reads_view_of(n, group) || belongs_later(n, group) || !order_.join(n, producer)) {
    return false;
  }
  members.push_back(n);
  group_of_[static_cast<size_t>(n)] = group;
  return true;
}

// Whether n's only reader, or that one's, meets there what depends on the group and cannot run with it: a derivative
// waits for the gradient that it is multiplied with. Then n is better computed beside it than kept until then.
bool Fusion::belongs_later(int32_t n, int32_t group) const {
  std::vector<char> reached;
  for (int32_t m = n;;) {
    const int32_t value = dependencies_.node(m).outputs[0];
    const auto& readers = dependencies_.readers(value);
    if (readers.size() != 1 || !is_fusible(readers.front()) || dependencies_.kept_under_any_shape(value) ||
        !(result(readers.front()) == result(n))) {
      return false;
    }
    const int32_t reader = readers.front();
    if (reached.empty()) {
      reached = dependencies_.all_after(groups_[static_cast<size_t>(group)].front());
    }
    for (const int32_t input : dependencies_.node(reader).inputs) {
      const int32_t other = dependencies_.maker(input);
      if (other != m && reached[static_cast<size_t>(other)] != 0 && !is_fusible(other)) {
        return true;
      }
    }
    m = reader;
  }
}

// Another shape of a member's result is read from its buffer, which the member's own kernel cannot do.
bool Fusion::reads_view_of(int32_t n, int32_t group) const {
  return std::ranges::any_of(dependencies_.node(n).inputs, [&](int32_t value) {
    return dependencies_.owner(value) != value && group_of(dependencies_.maker(value)) == group;
  });
}

}  // namespace atelier::plan
