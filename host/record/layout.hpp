// How images stay channels-last from one kernel to the next, while whoever records sees (B, C, H, W) everywhere: the
// operations on images turn their inputs and turn their result back; a turn meets the one before it and both vanish;
// what lies between them is done on the turned image. Elements keep their bits, wherever they lie.
#pragma once

#include "record/graph.hpp"

namespace atelier::record {

Value channels_last(Value image);   // (B, C, H, W) to (B, H, W, C)
Value channels_first(Value image);  // (B, H, W, C) to (B, C, H, W)

// What `image` was turned from where it is a channels-last result that was turned back; absent elsewhere.
Value channels_last_source(Value image);

// The result of an operation, done on channels-last images where one of its inputs is one; absent where none is.
Value stay_channels_last(const Operation& operation, std::span<const Value> inputs, const Attributes& attributes,
                         const TensorType& result);

}  // namespace atelier::record
