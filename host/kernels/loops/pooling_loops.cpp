#include "kernels/loops/float_math.hpp"
#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

#if defined(__AVX512F__)
constexpr int64_t strip_bytes = 64;
#elif defined(__AVX2__)
constexpr int64_t strip_bytes = 32;
#else
constexpr int64_t strip_bytes = 16;
#endif

// A strip of channels that fills a register. A single channel is done by the same code.
template <typename T>
struct StripOf {
  typedef T Type __attribute__((vector_size(strip_bytes)));
};

template <typename V, typename T>
ATELIER_INLINE void load(V& v, const T* from) {
  __builtin_memcpy(&v, from, sizeof v);
}
template <typename V, typename T>
ATELIER_INLINE void store(T* to, const V& v) {
  __builtin_memcpy(to, &v, sizeof v);
}

// Calls f.template operator()<V>(window's element of x, its element of y) for the strips and then the single channels
// that are left, of every window.
template <typename T, typename Function>
ATELIER_INLINE void for_strips(const WindowRun& run, Function f) {
  constexpr int64_t strip = strip_bytes / sizeof(T);
  for (int64_t pixel = 0; pixel < run.pixels; ++pixel) {
    int64_t c = 0;
    for (; c + strip <= run.channels; c += strip) {
      f.template operator()<typename StripOf<T>::Type>(pixel * run.step + c, pixel * run.channels + c);
    }
    for (; c < run.channels; ++c) {
      f.template operator()<T>(pixel * run.step + c, pixel * run.channels + c);
    }
  }
}

// Calls f(element) for the pixels of a window, from its first to its last.
template <typename Function>
ATELIER_INLINE void for_pixels(const WindowRun& run, int64_t window, Function f) {
  for (int64_t i = 0; i < run.rows; ++i) {
    for (int64_t j = 0; j < run.columns; ++j) {
      f(window + i * run.row_stride + j * run.channels);
    }
  }
}

// nan wins.
template <typename V, typename T>
ATELIER_INLINE void largest_of(const WindowRun& run, const T* x, int64_t window, V& best) {
  load(best, x + window);
  for_pixels(run, window, [&](int64_t at) {
    V value;
    load(value, x + at);
    best = (best > value) | (best != best) ? best : value;
  });
}

template <typename T>
void max(const WindowRun& run, const T* x, T* y) {
  for_strips<T>(run, [&]<typename V>(int64_t window, int64_t at_y) {
    V best;
    largest_of(run, x, window, best);
    store(y + at_y, best);
  });
}

// The best of a window is what is not below the largest. (Where that is nan it is any, and nothing that is made of it
// counts.) From the last to the first, so that the first of equals stays.
template <typename T>
void max_gather(const WindowRun& run, const T* x, const T* u, T* y) {
  for_strips<T>(run, [&]<typename V>(int64_t window, int64_t at_y) {
    V best;
    largest_of(run, x, window, best);
    V chosen{};
    for (int64_t i = run.rows; i-- > 0;) {
      for (int64_t j = run.columns; j-- > 0;) {
        const int64_t at = window + i * run.row_stride + j * run.channels;
        V value;
        V candidate;
        load(value, x + at);
        load(candidate, u + at);
        chosen = value < best ? chosen : candidate;
      }
    }
    store(y + at_y, chosen);
  });
}

// What is left of g once its place is found is 0.
template <typename T, bool adds>
void max_scatter(const WindowRun& run, const T* x, const T* g, T* dx) {
  for_strips<T>(run, [&]<typename V>(int64_t window, int64_t at_y) {
    V best;
    largest_of(run, x, window, best);
    V left;
    load(left, g + at_y);
    for_pixels(run, window, [&](int64_t at) {
      V value;
      load(value, x + at);
      V taken = value < best ? V{} : left;
      left = value < best ? left : V{};
      if constexpr (adds) {
        V before;
        load(before, dx + at);
        taken += before;
      }
      store(dx + at, taken);
    });
  });
}

template <typename T>
void sum(const WindowRun& run, T factor, const T* x, T* y) {
  for_strips<T>(run, [&]<typename V>(int64_t window, int64_t at_y) {
    V total{};
    for_pixels(run, window, [&](int64_t at) {
      V value;
      load(value, x + at);
      total += value;
    });
    total *= factor;
    store(y + at_y, total);
  });
}

template <typename T, bool adds>
void spread(const WindowRun& run, T factor, const T* g, T* dx) {
  for_strips<T>(run, [&]<typename V>(int64_t window, int64_t at_y) {
    V share;
    load(share, g + at_y);
    share *= factor;
    for_pixels(run, window, [&](int64_t at) {
      V value = share;
      if constexpr (adds) {
        V before;
        load(before, dx + at);
        value += before;
      }
      store(dx + at, value);
    });
  });
}

template <typename T>
constexpr PoolingLoops<T> loops = {
    &max<T>,
    &max_gather<T>,
    {&max_scatter<T, false>, &max_scatter<T, true>},
    &sum<T>,
    {&spread<T, false>, &spread<T, true>},
};

}  // namespace

const PoolingTable pooling = {loops<float>, loops<double>};

}  // namespace atelier::kernels::ATELIER_LOOPS
