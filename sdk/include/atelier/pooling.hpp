// Pooling of signals (B, C, L), images (B, C, H, W) and volumes (B, C, D, H, W).
#pragma once

#include <atelier/axes.hpp>
#include <atelier/tensor.hpp>

namespace atelier {

template <size_t axes>
struct PoolingOver {
  Lengths<axes> kernel = 2;
  Lengths<axes> stride = 0;   // 0: the kernel's length, so that windows touch
  Borders<axes> padding = 0;  // below the kernel's length; its elements are never a maximum
  bool count_padding = true;  // whether they count, as zeros, in an average
};
using Pooling1d = PoolingOver<1>;
using Pooling = PoolingOver<2>;
using Pooling3d = PoolingOver<3>;

namespace detail {

template <size_t axes>
Lengths<axes> stride_of(const PoolingOver<axes>& p) {
  Lengths<axes> stride = p.stride;
  for (size_t axis = 0; axis < axes; ++axis) {
    stride.values[axis] = stride.values[axis] == 0 ? p.kernel.values[axis] : stride.values[axis];
  }
  return stride;
}
template <OperationName name, size_t axes>
ATELIER_OWN Tensor max_pool(At x, const PoolingOver<axes>& p) {
  return call<name>({x}, {attribute(Integers(p.kernel.list())), attribute(Integers(stride_of(p).list())),
                          attribute(Integers(p.padding.list()))});
}
template <OperationName name, size_t axes>
ATELIER_OWN Tensor avg_pool(At x, const PoolingOver<axes>& p) {
  return call<name>({x}, {attribute(Integers(p.kernel.list())), attribute(Integers(stride_of(p).list())),
                          attribute(Integers(p.padding.list())), attribute(int64_t{p.count_padding})});
}

}  // namespace detail

inline Tensor max_pool1d(At x, const Pooling1d& p = {}) {  // of equals in a window, the first one gets the gradient
  return detail::max_pool<"max_pool1d/1">(x, p);
}
inline Tensor max_pool2d(At x, const Pooling& p = {}) {
  return detail::max_pool<"max_pool2d/1">(x, p);
}
inline Tensor max_pool3d(At x, const Pooling3d& p = {}) {
  return detail::max_pool<"max_pool3d/1">(x, p);
}
inline Tensor avg_pool1d(At x, const Pooling1d& p = {}) {
  return detail::avg_pool<"avg_pool1d/1">(x, p);
}
inline Tensor avg_pool2d(At x, const Pooling& p = {}) {
  return detail::avg_pool<"avg_pool2d/1">(x, p);
}
inline Tensor avg_pool3d(At x, const Pooling3d& p = {}) {
  return detail::avg_pool<"avg_pool3d/1">(x, p);
}
inline Tensor global_avg_pool2d(At x) {  // to (B, C)
  return detail::call<"global_avg_pool2d/1">({x});
}

}  // namespace atelier
