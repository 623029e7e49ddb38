// Householder's reduction to a tridiagonal matrix, and the QL method with implicit shifts: Bowdler, Martin, Reinsch &
// Wilkinson 1968 (tred2 and tql2 of the Handbook for Automatic Computation). Letters: d the diagonal, e what is below
// it.
#include "kernels/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace atelier::kernels {
namespace {

// Row i of the matrix becomes the reflection's vector, over h; the rows before it are reflected.
void reflect(double* v, double* d, double* e, int64_t i, int64_t n) {
  double scale = 0;
  for (int64_t k = 0; k < i; ++k) {
    scale += std::abs(v[i * n + k]);
  }
  d[i] = 0;
  e[i] = i > 0 ? v[i * n + i - 1] : 0;
  if (i < 2 || scale == 0) {
    return;
  }
  double* u = v + i * n;
  double h = 0;
  for (int64_t k = 0; k < i; ++k) {
    u[k] /= scale;
    h += u[k] * u[k];
  }
  const double last = u[i - 1];
  const double g = last > 0 ? -std::sqrt(h) : std::sqrt(h);
  e[i] = scale * g;
  h -= last * g;
  u[i - 1] = last - g;
  // p = A u / h, q = p - (u p / 2h) u, A' = A - q u^T - u q^T, of the lower triangle
  std::fill_n(e, i, 0.0);
  for (int64_t j = 0; j < i; ++j) {
    double* row = v + j * n;
    row[i] = u[j] / h;  // kept for the product of the reflections
    double sum = row[j] * u[j];
    for (int64_t k = 0; k < j; ++k) {
      sum += row[k] * u[k];
      e[k] += row[k] * u[j];
    }
    e[j] += sum;
  }
  double projected = 0;
  for (int64_t j = 0; j < i; ++j) {
    e[j] /= h;
    projected += e[j] * u[j];
  }
  const double half = projected / (h + h);
  for (int64_t j = 0; j < i; ++j) {
    e[j] -= half * u[j];
    for (int64_t k = 0; k <= j; ++k) {
      v[j * n + k] -= u[j] * e[k] + e[j] * u[k];
    }
  }
  d[i] = h;
}

// The product of the reflections in v, the tridiagonal matrix's diagonal in d. `g` is work space.
void accumulate(double* v, double* d, double* g, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (d[i] != 0) {
      std::fill_n(g, i, 0.0);
      for (int64_t k = 0; k < i; ++k) {
        for (int64_t j = 0; j < i; ++j) {
          g[j] += v[i * n + k] * v[k * n + j];
        }
      }
      for (int64_t k = 0; k < i; ++k) {
        for (int64_t j = 0; j < i; ++j) {
          v[k * n + j] -= g[j] * v[k * n + i];
        }
      }
    }
    d[i] = v[i * n + i];
    v[i * n + i] = 1;
    for (int64_t j = 0; j < i; ++j) {
      v[j * n + i] = v[i * n + j] = 0;
    }
  }
}

double length(double a, double b) {  // sqrt(a^2 + b^2), without overflow
  const double larger = std::max(std::abs(a), std::abs(b));
  const double ratio = std::min(std::abs(a), std::abs(b)) / (larger == 0 ? 1 : larger);
  return larger * std::sqrt(1 + ratio * ratio);
}

// A rotation of two rows, which are two columns of the eigenvectors.
void rotate(double* a, double* b, double c, double s, int64_t n) {
  for (int64_t k = 0; k < n; ++k) {
    const double h = b[k];
    b[k] = s * a[k] + c * h;
    a[k] = c * a[k] - s * h;
  }
}

// The eigenvalues of the tridiagonal matrix, in d; the rows of v are turned with them. False where it does not
// converge.
bool diagonalize(double* v, double* d, double* e, int64_t n) {
  constexpr int most = 60;  // of an eigenvalue; two are common
  std::copy(e + 1, e + n, e);
  e[n - 1] = 0;
  double shift = 0;
  double largest = 0;
  for (int64_t l = 0; l < n; ++l) {
    largest = std::max(largest, std::abs(d[l]) + std::abs(e[l]));
    int64_t m = l;
    while (m + 1 < n && std::abs(e[m]) > std::numeric_limits<double>::epsilon() * largest) {
      ++m;
    }
    for (int tries = 0; m > l; ++tries) {
      if (tries == most) {
        return false;
      }
      const double g = d[l];
      const double p = (d[l + 1] - g) / (2 * e[l]);
      const double r = std::copysign(length(p, 1.0), p);
      d[l] = e[l] / (p + r);
      d[l + 1] = e[l] * (p + r);
      const double next = d[l + 1];
      const double h = g - d[l];
      for (int64_t i = l + 2; i < n; ++i) {
        d[i] -= h;
      }
      shift += h;
      double q = d[m], c = 1, c2 = 1, c3 = 1, s = 0, s2 = 0;
      const double below = e[l + 1];
      for (int64_t i = m - 1; i >= l; --i) {
        c3 = c2;
        c2 = c;
        s2 = s;
        const double f = c * e[i];
        const double w = c * q;
        const double norm = length(q, e[i]);
        e[i + 1] = s * norm;
        s = e[i] / norm;
        c = q / norm;
        q = c * d[i] - s * f;
        d[i + 1] = w + s * (c * f + s * d[i]);
        rotate(v + i * n, v + (i + 1) * n, c, s, n);
      }
      q = -s * s2 * c3 * below * e[l] / next;
      e[l] = s * q;
      d[l] = c * q;
      if (std::abs(e[l]) <= std::numeric_limits<double>::epsilon() * largest) {
        break;
      }
    }
    d[l] += shift;
    e[l] = 0;
  }
  return true;
}

void sort(double* v, double* d, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t smallest = std::min_element(d + i, d + n) - d;
    if (smallest != i) {
      std::swap(d[i], d[smallest]);
      std::swap_ranges(v + i * n, v + (i + 1) * n, v + smallest * n);
    }
  }
}

}  // namespace

void decompose_symmetric(double* v, double* values, double* work, int64_t n) {
  if (n == 0) {
    return;
  }
  const auto give_up = [&] {
    std::fill_n(values, n, std::numeric_limits<double>::quiet_NaN());
    std::fill_n(v, n * n, std::numeric_limits<double>::quiet_NaN());
  };
  if (!std::all_of(v, v + n * n, [](double element) { return std::isfinite(element); })) {
    give_up();
    return;
  }
  for (int64_t i = n - 1; i >= 0; --i) {
    reflect(v, values, work, i, n);
  }
  accumulate(v, values, work + n, n);
  for (int64_t i = 0; i < n; ++i) {  // eigenvectors lie in rows, so that a rotation walks through memory
    for (int64_t j = 0; j < i; ++j) {
      std::swap(v[i * n + j], v[j * n + i]);
    }
  }
  if (!diagonalize(v, values, work, n)) {
    give_up();
    return;
  }
  sort(v, values, n);
}

}  // namespace atelier::kernels
