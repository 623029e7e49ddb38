#include "kernels/sort.hpp"

#include <algorithm>
#include <type_traits>

#include "base/error.hpp"
#include "kernels/making.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

template <typename T>
struct Entry {
  T value;
  int64_t place;
};

template <typename T>
bool is_nan(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return x != x;
  } else {
    return false;
  }
}

// A total order: places decide between equal values, so that any sorting algorithm is stable.
template <typename T, bool descending>
bool comes_before(const Entry<T>& a, const Entry<T>& b) {
  if (descending ? a.value > b.value : a.value < b.value) {
    return true;
  }
  if (descending ? b.value > a.value : b.value < a.value) {
    return false;
  }
  const bool a_is_nan = is_nan(a.value);
  const bool b_is_nan = is_nan(b.value);
  return a_is_nan == b_is_nan ? a.place < b.place : b_is_nan;
}

// A piece is some runs along the axis, each of which is sorted in the scratch memory.
template <typename T>
class Sort : public Kernel {
 public:
  Sort(const SortShape& shape, bool descending)
      : shape_(shape),
        descending_(descending),
        runs_(shape.length == 0 ? 0 : shape.outer * shape.inner, shape.length) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return runs_.count(); }
  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(shape_.length) * sizeof(Entry<T>); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    auto* entries = reinterpret_cast<Entry<T>*>(arguments.scratch);
    for (int64_t index = runs_.first(piece); index < runs_.last(piece); ++index) {
      const int64_t outer = index / shape_.inner;
      const int64_t column = index % shape_.inner;
      const T* x = static_cast<const T*>(arguments.inputs[0]) + outer * shape_.length * shape_.inner + column;
      for (int64_t i = 0; i < shape_.length; ++i) {
        entries[i] = {x[i * shape_.inner], i};
      }
      descending_ ? sort(entries, &comes_before<T, true>) : sort(entries, &comes_before<T, false>);
      const int64_t first = outer * shape_.kept * shape_.inner + column;
      T* values = static_cast<T*>(arguments.outputs[0]) + first;
      int64_t* places = static_cast<int64_t*>(arguments.outputs[1]) + first;
      for (int64_t i = 0; i < shape_.kept; ++i) {
        values[i * shape_.inner] = entries[i].value;
        places[i * shape_.inner] = entries[i].place;
      }
    }
  }

 private:
  template <typename Before>
  void sort(Entry<T>* entries, Before before) const {
    Entry<T>* end = entries + shape_.length;
    if (shape_.kept < shape_.length) {
      std::partial_sort(entries, entries + shape_.kept, end, before);
    } else {
      std::sort(entries, end, before);
    }
  }

  SortShape shape_;
  bool descending_;
  Pieces runs_;
};

}  // namespace

std::unique_ptr<Kernel> make_sort(tensor::DType dtype, const SortShape& shape, bool descending) {
  ATELIER_CHECK(shape.kept >= 0 && shape.kept <= shape.length);
  return make_number<Sort>(dtype, shape, descending);
}

}  // namespace atelier::kernels
