#include "record/tape.hpp"

#include <algorithm>

namespace atelier::record {

bool same_calls(const Tape& a, const Tape& b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const TapeCall& x = a.calls[i];
    const TapeCall& y = b.calls[i];
    if (x.operation != y.operation || x.given_attributes != y.given_attributes || x.output_count != y.output_count ||
        !std::ranges::equal(a.inputs_of(x), b.inputs_of(y))) {
      return false;
    }
    for (uint32_t k = 0; k < x.attribute_count; ++k) {
      const TapeAttribute& p = a.attributes[x.first_attribute + k];
      const TapeAttribute& q = b.attributes[y.first_attribute + k];
      const bool same = p.type == AttributeType::integers
                            ? std::ranges::equal(std::span(a.integers).subspan(p.first, p.count),
                                                 std::span(b.integers).subspan(q.first, q.count))
                            : (p.slot >= 0 || p.integer == q.integer);
      if (p.type != q.type || p.slot != q.slot || !same) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace atelier::record
