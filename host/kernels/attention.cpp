#include "kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"
#include "kernels/pieces.hpp"
#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

// Some queries of one head, whose scores are computed together.
struct Tile {
  int64_t pair = 0;  // place in the batch and head
  int64_t first = 0;
  int64_t count = 0;
  int64_t keys = 0;  // that any of them sees
};

template <typename T>
class AttentionKernel : public Kernel {
 public:
  explicit AttentionKernel(const AttentionSpec& spec)
      : spec_(spec),
        tile_(std::min(spec.queries, std::clamp<int64_t>(tile_scores / spec.keys, 16, 128))),
        tiles_(spec.queries == 0 ? 0 : ceil_divide(spec.queries, tile_)) {
    ATELIER_CHECK(spec.keys >= 1 && spec.width >= 1 && spec.values >= 1);
  }

 protected:
  [[nodiscard]] Tile tile(int64_t pair, int64_t number) const {
    const int64_t first = number * tile_;
    const int64_t count = std::min(tile_, spec_.queries - first);
    return {pair, first, count, spec_.causal ? std::min(spec_.keys, first + count) : spec_.keys};
  }
  [[nodiscard]] int64_t seen(const Tile& tile, int64_t query) const {
    return spec_.causal ? std::min(tile.keys, tile.first + query + 1) : tile.keys;
  }
  [[nodiscard]] int64_t scores_in_tile() const { return tile_ * spec_.keys; }

  // scores (count, tile.keys) = scale q kᵀ + mask
  void score(const Tile& tile, const T* q, const T* k, const T* mask, T* scores) const {
    const int64_t d = spec_.width;
    multiply(false, true, tile.count, tile.keys, d, q + (tile.pair * spec_.queries + tile.first) * d, d,
             k + tile.pair * spec_.keys * d, d, false, scores, tile.keys);
    const auto scale = static_cast<T>(spec_.scale);
    for (int64_t i = 0; i < tile.count; ++i) {
      T* row = scores + i * tile.keys;
      if (!spec_.masked) {
        for (int64_t j = 0; j < tile.keys; ++j) {
          row[j] *= scale;
        }
        continue;
      }
      const T* added = mask + tile.pair / spec_.heads * spec_.mask_batch_stride +
                       tile.pair % spec_.heads * spec_.mask_head_stride + (tile.first + i) * spec_.mask_query_stride;
      for (int64_t j = 0; j < tile.keys; ++j) {
        row[j] = row[j] * scale + added[j];
      }
    }
  }

  // row[j] = exp(row[j] - shift) where the query sees the key, else 0
  void exponentiate(T* row, T shift, int64_t seen, int64_t keys) const {
    for (int64_t j = 0; j < seen; ++j) {
      row[j] -= shift;
    }
    for (int64_t j = 0; j < seen; j += elementwise_block) {
      apply(exp_, row + j, std::min(elementwise_block, seen - j));
    }
    std::fill(row + seen, row + keys, T(0));
  }

  static void apply(const ElementwiseFunction& function, T* x, int64_t n) {
    const T* input = x;
    if constexpr (sizeof(T) == sizeof(float)) {
      function.f32(&input, nullptr, x, n);
    } else {
      function.f64(&input, nullptr, x, n);
    }
  }

  AttentionSpec spec_;
  int64_t tile_;
  int64_t tiles_;  // of a pair
  const ElementwiseFunction& exp_ = elementwise_function("exp");
  const ElementwiseFunction& log_ = elementwise_function("log");
  const ReduceLoops<T>& reduce_ = loops_for<T>(*active_loops().reduce);

 private:
  static constexpr int64_t tile_scores = 1 << 16;
};

// A piece is a run of tiles.
template <typename T>
class Attention : public AttentionKernel<T> {
 public:
  explicit Attention(const AttentionSpec& spec)
      : AttentionKernel<T>(spec), cut_(spec.batch * spec.heads * this->tiles_, this->scores_in_tile()) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return cut_.count(); }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(this->scores_in_tile()) * sizeof(T);
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    for (int64_t unit = cut_.first(piece); unit < cut_.last(piece); ++unit) {
      run_tile(this->tile(unit / this->tiles_, unit % this->tiles_), arguments);
    }
  }

 private:
  void run_tile(const Tile& tile, const Arguments& arguments) const {
    const AttentionSpec& s = this->spec_;
    const auto input = [&](size_t i) { return static_cast<const T*>(arguments.inputs[i]); };
    T* scores = reinterpret_cast<T*>(arguments.scratch);
    T* y = static_cast<T*>(arguments.outputs[0]) + (tile.pair * s.queries + tile.first) * s.values;
    T* logarithms = static_cast<T*>(arguments.outputs[1]) + tile.pair * s.queries + tile.first;
    this->score(tile, input(0), input(1), s.masked ? input(3) : nullptr, scores);
    for (int64_t i = 0; i < tile.count; ++i) {
      logarithms[i] = normalize(scores + i * tile.keys, this->seen(tile, i), tile.keys);
    }
    multiply(false, false, tile.count, s.values, tile.keys, scores, tile.keys, input(2) + tile.pair * s.keys * s.values,
             s.values, false, y, s.values);
  }

  // The softmax of a row; gives the logarithm of the sum of its exponentials.
  T normalize(T* row, int64_t seen, int64_t keys) const {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const T largest = this->reduce_.row[reduce_max](row, seen);
    if (largest == -infinity) {
      std::fill_n(row, keys, T(0));
      return infinity;
    }
    this->exponentiate(row, largest, seen, keys);
    T sum = this->reduce_.row[reduce_sum](row, seen);
    for (int64_t j = 0; j < seen; ++j) {
      row[j] /= sum;
    }
    this->apply(this->log_, &sum, 1);
    return largest + sum;
  }

  Pieces cut_;
};

// With P the softmax, and row sums over its keys:
//   dv = Pᵀ dy,  dz = P (dy vᵀ - sum(dy y)),  dq = scale dz k,  dk = scale dzᵀ q.
// A piece is a run of pairs; the sums over queries go tile by tile.
template <typename T>
class AttentionGradient : public AttentionKernel<T> {
 public:
  explicit AttentionGradient(const AttentionSpec& spec)
      : AttentionKernel<T>(spec), pairs_(spec.batch * spec.heads, spec.queries * spec.keys) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return pairs_.count(); }
  [[nodiscard]] size_t scratch_bytes() const override {
    return 2 * static_cast<size_t>(this->scores_in_tile()) * sizeof(T);
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const AttentionSpec& s = this->spec_;
    for (int64_t pair = pairs_.first(piece); pair < pairs_.last(piece); ++pair) {
      std::fill_n(static_cast<T*>(arguments.outputs[1]) + pair * s.keys * s.width, s.keys * s.width, T(0));
      std::fill_n(static_cast<T*>(arguments.outputs[2]) + pair * s.keys * s.values, s.keys * s.values, T(0));
      for (int64_t number = 0; number < this->tiles_; ++number) {
        run_tile(this->tile(pair, number), arguments);
      }
    }
  }

 private:
  void run_tile(const Tile& tile, const Arguments& arguments) const {
    const AttentionSpec& s = this->spec_;
    const auto input = [&](size_t i) { return static_cast<const T*>(arguments.inputs[i]); };
    const auto output = [&](size_t i) { return static_cast<T*>(arguments.outputs[i]); };
    const int64_t query = tile.pair * s.queries + tile.first;
    const int64_t key = tile.pair * s.keys;
    const T* dy = input(5) + query * s.values;
    T* scores = reinterpret_cast<T*>(arguments.scratch);
    T* dz = scores + this->scores_in_tile();
    this->score(tile, input(0), input(1), s.masked ? input(6) : nullptr, scores);
    for (int64_t i = 0; i < tile.count; ++i) {
      this->exponentiate(scores + i * tile.keys, input(4)[query + i], this->seen(tile, i), tile.keys);
    }
    multiply(true, false, tile.keys, s.values, tile.count, scores, tile.keys, dy, s.values, true,
             output(2) + key * s.values, s.values);
    multiply(false, true, tile.count, tile.keys, s.values, dy, s.values, input(2) + key * s.values, s.values, false, dz,
             tile.keys);
    for (int64_t i = 0; i < tile.count; ++i) {
      to_scores(scores + i * tile.keys, dot(dy + i * s.values, input(3) + (query + i) * s.values), dz + i * tile.keys,
                tile.keys);
    }
    multiply(false, false, tile.count, s.width, tile.keys, dz, tile.keys, input(1) + key * s.width, s.width, false,
             output(0) + query * s.width, s.width);
    multiply(true, false, tile.keys, s.width, tile.count, dz, tile.keys, input(0) + query * s.width, s.width, true,
             output(1) + key * s.width, s.width);
  }

  [[nodiscard]] T dot(const T* a, const T* b) const {
    T sum = 0;
    for (int64_t e = 0; e < this->spec_.values; ++e) {
      sum += a[e] * b[e];
    }
    return sum;
  }

  // dz from dy vᵀ
  void to_scores(const T* p, T row_sum, T* dz, int64_t n) const {
    const auto scale = static_cast<T>(this->spec_.scale);
    for (int64_t j = 0; j < n; ++j) {
      dz[j] = p[j] * (dz[j] - row_sum) * scale;
    }
  }

  Pieces pairs_;
};

template <typename T>
class CausalMask : public Kernel {
 public:
  CausalMask(int64_t queries, int64_t keys) : keys_(keys), rows_(queries, keys) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return rows_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    for (int64_t t = rows_.first(piece); t < rows_.last(piece); ++t) {
      T* row = static_cast<T*>(arguments.outputs[0]) + t * keys_;
      const int64_t seen = std::min(keys_, t + 1);
      std::fill_n(row, seen, T(1));
      std::fill(row + seen, row + keys_, T(0));
    }
  }

 private:
  int64_t keys_;
  Pieces rows_;
};

}  // namespace

std::unique_ptr<Kernel> make_attention(const AttentionSpec& spec, tensor::DType dtype) {
  return make_real<Attention>(dtype, spec);
}
std::unique_ptr<Kernel> make_attention_gradient(const AttentionSpec& spec, tensor::DType dtype) {
  return make_real<AttentionGradient>(dtype, spec);
}
std::unique_ptr<Kernel> make_causal_mask(int64_t queries, int64_t keys, tensor::DType dtype) {
  return make_real<CausalMask>(dtype, queries, keys);
}

}  // namespace atelier::kernels
