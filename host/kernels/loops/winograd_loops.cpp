#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

#define ATELIER_INLINE inline __attribute__((always_inline))

typedef float Lanes __attribute__((vector_size(winograd_lanes * sizeof(float))));

// Each transform is one of rows, and then the same of columns: what a matrix makes of a vector. Elements of `x` lie
// `step` apart.

// ---- Three taps, at the points 0, 1, -1, 2, -2 and infinity

struct Image3 {
  static constexpr int from = 6, to = 6;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes even = x[4 * step] - 4 * x[2 * step];
    const Lanes odd = x[3 * step] - 4 * x[step];
    const Lanes far_even = x[4 * step] - x[2 * step];
    const Lanes far_odd = 2 * (x[3 * step] - x[step]);
    y[0] = 4 * x[0] - 5 * x[2 * step] + x[4 * step];
    y[1] = even + odd;
    y[2] = even - odd;
    y[3] = far_even + far_odd;
    y[4] = far_even - far_odd;
    y[5] = 4 * x[step] - 5 * x[3 * step] + x[5 * step];
  }
};

struct Result3 {
  static constexpr int from = 6, to = 4;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes even = x[step] + x[2 * step];
    const Lanes odd = x[step] - x[2 * step];
    const Lanes far_even = x[3 * step] + x[4 * step];
    const Lanes far_odd = x[3 * step] - x[4 * step];
    y[0] = x[0] + even + far_even;
    y[1] = odd + 2 * far_odd;
    y[2] = even + 4 * far_even;
    y[3] = odd + 8 * far_odd + x[5 * step];
  }
};

struct ResultGradient3 {
  static constexpr int from = 4, to = 6;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes even = x[0] + x[2 * step];
    const Lanes odd = x[step] + x[3 * step];
    const Lanes far_even = x[0] + 4 * x[2 * step];
    const Lanes far_odd = 2 * (x[step] + 4 * x[3 * step]);
    y[0] = x[0];
    y[1] = even + odd;
    y[2] = even - odd;
    y[3] = far_even + far_odd;
    y[4] = far_even - far_odd;
    y[5] = x[3 * step];
  }
};

struct Filter3 {
  static constexpr int from = 3, to = 6;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes even = (x[0] + x[2 * step]) * (-1.0F / 6);
    const Lanes odd = x[step] * (-1.0F / 6);
    const Lanes far_even = x[0] * (1.0F / 24) + x[2 * step] * (1.0F / 6);
    const Lanes far_odd = x[step] * (1.0F / 12);
    y[0] = x[0] * 0.25F;
    y[1] = even + odd;
    y[2] = even - odd;
    y[3] = far_even + far_odd;
    y[4] = far_even - far_odd;
    y[5] = x[2 * step];
  }
};

struct FilterGradient3 {
  static constexpr int from = 6, to = 3;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes even = (x[step] + x[2 * step]) * (1.0F / 6);
    const Lanes odd = (x[2 * step] - x[step]) * (1.0F / 6);
    const Lanes far_even = x[3 * step] + x[4 * step];
    const Lanes far_odd = x[3 * step] - x[4 * step];
    y[0] = x[0] * 0.25F - even + far_even * (1.0F / 24);
    y[1] = odd + far_odd * (1.0F / 12);
    y[2] = far_even * (1.0F / 6) - even + x[5 * step];
  }
};

// ---- Two taps, at the points 0, 1, -1, 2 and infinity

struct Image2 {
  static constexpr int from = 5, to = 5;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes twice = 2 * x[step];
    y[0] = 2 * (x[0] - x[2 * step]) + x[3 * step] - x[step];
    y[1] = x[3 * step] - x[2 * step] - twice;
    y[2] = x[3 * step] - 3 * x[2 * step] + twice;
    y[3] = x[3 * step] - x[step];
    y[4] = twice - 2 * x[3 * step] + x[4 * step] - x[2 * step];
  }
};

struct Result2 {
  static constexpr int from = 5, to = 4;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes even = x[step] + x[2 * step];
    const Lanes odd = x[step] - x[2 * step];
    y[0] = x[0] + even + x[3 * step];
    y[1] = odd + 2 * x[3 * step];
    y[2] = even + 4 * x[3 * step];
    y[3] = odd + 8 * x[3 * step] + x[4 * step];
  }
};

struct ResultGradient2 {
  static constexpr int from = 4, to = 5;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    const Lanes even = x[0] + x[2 * step];
    const Lanes odd = x[step] + x[3 * step];
    y[0] = x[0];
    y[1] = even + odd;
    y[2] = even - odd;
    y[3] = x[0] + 2 * x[step] + 4 * x[2 * step] + 8 * x[3 * step];
    y[4] = x[3 * step];
  }
};

struct Filter2 {
  static constexpr int from = 2, to = 5;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    y[0] = x[0] * 0.5F;
    y[1] = (x[0] + x[step]) * -0.5F;
    y[2] = (x[step] - x[0]) * (1.0F / 6);
    y[3] = x[0] * (1.0F / 6) + x[step] * (1.0F / 3);
    y[4] = x[step];
  }
};

struct FilterGradient2 {
  static constexpr int from = 5, to = 2;
  static ATELIER_INLINE void apply(const Lanes* x, int step, Lanes* y) {
    y[0] = (x[0] - x[step]) * 0.5F + (x[3 * step] - x[2 * step]) * (1.0F / 6);
    y[1] = x[2 * step] * (1.0F / 6) - x[step] * 0.5F + x[3 * step] * (1.0F / 3) + x[4 * step];
  }
};

template <typename Rows>
void transform(const float* const* from, float* const* to, int64_t channels) {
  for (int64_t channel = 0; channel < channels; channel += winograd_lanes) {
    Lanes rows[Rows::from * Rows::to];
    for (int i = 0; i < Rows::from; ++i) {
      Lanes x[Rows::from] = {};
      for (int j = 0; j < Rows::from; ++j) {
        if (from[i * Rows::from + j] != nullptr) {
          __builtin_memcpy(&x[j], from[i * Rows::from + j] + channel, sizeof(Lanes));
        }
      }
      Rows::apply(x, 1, rows + i * Rows::to);
    }
    for (int j = 0; j < Rows::to; ++j) {
      Lanes y[Rows::to];
      Rows::apply(rows + j, Rows::to, y);
      for (int i = 0; i < Rows::to; ++i) {
        if (to[i * Rows::to + j] != nullptr) {
          __builtin_memcpy(to[i * Rows::to + j] + channel, &y[i], sizeof(Lanes));
        }
      }
    }
  }
}

}  // namespace

const WinogradTable winograd = {{&transform<Image2>, &transform<Result2>, &transform<ResultGradient2>,
                                 &transform<Filter2>, &transform<FilterGradient2>},
                                {&transform<Image3>, &transform<Result3>, &transform<ResultGradient3>,
                                 &transform<Filter3>, &transform<FilterGradient3>}};

}  // namespace atelier::kernels::ATELIER_LOOPS
