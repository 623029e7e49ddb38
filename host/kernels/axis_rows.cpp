#include "kernels/axis_rows.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "kernels/making.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

// Elements are moved as words of their size, whatever they mean. A piece is a run of the output's rows.
template <typename Word>
class PickRows : public Kernel {
 public:
  PickRows(const AxisRows& rows, std::vector<int64_t> places, Word fill)
      : rows_(rows),
        places_(std::move(places)),
        fill_(fill),
        cut_(rows.inner == 0 ? 0 : rows.outer * static_cast<int64_t>(places_.size()), rows.inner) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return cut_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto count = static_cast<int64_t>(places_.size());
    for (int64_t row = cut_.first(piece); row < cut_.last(piece);) {
      const int64_t outer = row / count;
      const int64_t last = std::min(cut_.last(piece), (outer + 1) * count);
      const Word* from = static_cast<const Word*>(arguments.inputs[0]) + outer * rows_.length * rows_.inner;
      Word* to = static_cast<Word*>(arguments.outputs[0]) + row * rows_.inner;
      const int64_t* places = places_.data() + (row - outer * count);
      rows_.inner == 1 ? pick_elements(from, places, to, last - row) : pick_rows(from, places, to, last - row);
      row = last;
    }
  }

 private:
  void pick_elements(const Word* from, const int64_t* places, Word* to, int64_t n) const {
    for (int64_t j = 0; j < n; ++j) {
      to[j] = places[j] < 0 ? fill_ : from[places[j]];
    }
  }
  void pick_rows(const Word* from, const int64_t* places, Word* to, int64_t n) const {
    for (int64_t j = 0; j < n; ++j, to += rows_.inner) {
      if (places[j] < 0) {
        std::fill_n(to, rows_.inner, fill_);
      } else if (rows_.inner > 0) {
        std::memcpy(to, from + places[j] * rows_.inner, static_cast<size_t>(rows_.inner) * sizeof(Word));
      }
    }
  }

  AxisRows rows_;
  std::vector<int64_t> places_;
  Word fill_;
  Pieces cut_;
};

template <typename Word, typename Value>
Word word_of(Value value) {
  Word word;
  static_assert(sizeof word == sizeof value);
  std::memcpy(&word, &value, sizeof word);
  return word;
}

// A piece is a run of the output's rows.
template <typename T>
class BlendRows : public Kernel {
 public:
  BlendRows(const AxisRows& rows, const RowBlend& blend)
      : rows_(rows),
        begins_(blend.begins),
        places_(blend.places),
        weights_(blend.weights.begin(), blend.weights.end()),
        cut_(rows.inner == 0 ? 0 : rows.outer * blend.rows(), rows.inner * elements_for_each(blend)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return cut_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto count = static_cast<int64_t>(begins_.size()) - 1;
    for (int64_t row = cut_.first(piece); row < cut_.last(piece); ++row) {
      const T* from = static_cast<const T*>(arguments.inputs[0]) + row / count * rows_.length * rows_.inner;
      blend(from, row % count, static_cast<T*>(arguments.outputs[0]) + row * rows_.inner);
    }
  }

 private:
  static int64_t elements_for_each(const RowBlend& blend) {
    return std::max<int64_t>(
        1, ceil_divide(static_cast<int64_t>(blend.places.size()), std::max<int64_t>(1, blend.rows())));
  }

  void blend(const T* from, int64_t row, T* to) const {
    const auto first = static_cast<size_t>(begins_[static_cast<size_t>(row)]);
    const auto last = static_cast<size_t>(begins_[static_cast<size_t>(row) + 1]);
    if (rows_.inner == 1) {
      T sum = 0;
      for (size_t k = first; k < last; ++k) {
        sum += weights_[k] * from[places_[k]];
      }
      *to = sum;
      return;
    }
    std::fill_n(to, rows_.inner, T(0));
    for (size_t k = first; k < last; ++k) {
      const T* source = from + places_[k] * rows_.inner;
      const T weight = weights_[k];
      for (int64_t i = 0; i < rows_.inner; ++i) {
        to[i] += weight * source[i];
      }
    }
  }

  AxisRows rows_;
  std::vector<int64_t> begins_;
  std::vector<int64_t> places_;
  std::vector<T> weights_;
  Pieces cut_;
};

void check(const AxisRows& rows, const std::vector<int64_t>& places, int64_t least) {
  ATELIER_CHECK(std::ranges::all_of(places, [&](int64_t place) { return place >= least && place < rows.length; }));
}

}  // namespace

RowBlend RowBlend::transposed(int64_t length) const {
  std::vector<std::vector<std::pair<int64_t, double>>> found(static_cast<size_t>(length));
  for (int64_t j = 0; j < rows(); ++j) {
    for (auto k = static_cast<size_t>(begins[static_cast<size_t>(j)]);
         k < static_cast<size_t>(begins[static_cast<size_t>(j) + 1]); ++k) {
      if (places[k] >= 0) {
        found[static_cast<size_t>(places[k])].emplace_back(j, weights[k]);
      }
    }
  }
  RowBlend out;
  for (const auto& row : found) {
    for (const auto& [place, weight] : row) {
      out.add(place, weight);
    }
    out.end_row();
  }
  return out;
}

std::unique_ptr<Kernel> make_pick_rows(tensor::DType dtype, const AxisRows& rows, std::vector<int64_t> places,
                                       double fill) {
  check(rows, places, -1);
  if (dtype == tensor::DType::f32) {
    return std::make_unique<PickRows<uint32_t>>(rows, std::move(places), word_of<uint32_t>(static_cast<float>(fill)));
  }
  const auto word =
      dtype == tensor::DType::f64 ? word_of<uint64_t>(fill) : word_of<uint64_t>(static_cast<int64_t>(fill));
  return std::make_unique<PickRows<uint64_t>>(rows, std::move(places), word);
}

std::unique_ptr<Kernel> make_blend_rows(tensor::DType dtype, const AxisRows& rows, const RowBlend& blend) {
  check(rows, blend.places, 0);
  return make_real<BlendRows>(dtype, rows, blend);
}

}  // namespace atelier::kernels
