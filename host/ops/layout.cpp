// Turning images between (B, C, H, W), as they are recorded, and (B, H, W, C), as kernels want them. record/layout.hpp
// says when that moves anything at all.
#include "record/layout.hpp"

#include "kernels/movement.hpp"
#include "ops/declare.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using record::LayoutChange;

void register_turn(OperationRegistry& registry, const char* name, LayoutChange change, const std::vector<int>& axes,
                   Value (*back)(Value)) {
  Operation turn{.name = name, .layout = change};
  turn.infer = [axes](const Inference& in) -> Types {
    in.require_rank(0, 4, "an image");
    Shape out;
    for (const int axis : axes) {
      out.append(in.shape(0)[static_cast<size_t>(axis)]);
    }
    return {{out, in.input(0).dtype}};
  };
  turn.kernel = [axes](const KernelRequest& request) {
    return kernels::make_permute(request.dtype(), request.inputs[0].shape, axes);
  };
  turn.gradient = [back](const GradientRequest& r) -> Values { return {back(r.output_gradients[0])}; };
  registry.add(std::move(turn));
}

}  // namespace

void register_layout(OperationRegistry& registry) {
  register_turn(registry, "channels_last/1", LayoutChange::channels_last, {0, 2, 3, 1}, record::channels_first);
  register_turn(registry, "channels_first/1", LayoutChange::channels_first, {0, 3, 1, 2}, record::channels_last);
}

}  // namespace atelier::ops
