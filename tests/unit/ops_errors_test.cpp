// What an author reads when shapes do not fit.
#include "ops_refusal.hpp"

namespace atelier::ops::test {
TEST_CASE("errors: elementwise") {
  CHECK(message("add", {{3, 4}, {5}}) ==
        "model.cpp:12: add: got (3, 4) and (5), expected shapes that broadcast; hint: axes are aligned at the end, and "
        "each "
        "pair must be equal or have a 1");
  CHECK(message("exp", {{3}}, {}, 1) == "model.cpp:12: exp: input 0 must be float32, got int64 (3)");
  CHECK(message("broadcast_to", {{3}}, {List{3, 2}}) ==
        "model.cpp:12: broadcast_to: got (3), which does not stretch to (3, 2)");
  CHECK(message("add", {{3}}) == "model.cpp:12: add: got 1 inputs, expected 2");
  CHECK(message("clamp", {{3}}, {1.0}) == "model.cpp:12: clamp: attribute 'high' is missing");
}

TEST_CASE("errors: products") {
  CHECK(message("matmul", {{64, 100}, {128, 784}}) ==
        "model.cpp:12: matmul: got (64, 100) times (128, 784), expected the inner lengths to be equal; hint: the "
        "columns of "
        "the first meet the rows of the second");
  CHECK(message("matmul", {{64, 100}, {128, 100}}) ==
        "model.cpp:12: matmul: got (64, 100) times (128, 100), expected the inner lengths to be equal; hint: transpose "
        "the "
        "second one");
  CHECK(message("matmul", {{3}, {3, 2}}) ==
        "model.cpp:12: matmul: got (3) times (3, 2), expected tensors of at least 2 axes; hint: reshape a vector to a "
        "row or a "
        "column");
  CHECK(message("gemm", {{2, 3}, {2, 4}}, {0, 1}) ==
        "model.cpp:12: gemm: got (2, 3) times (2, 4) transposed, expected the inner lengths to be equal, got 3 and 4");
  CHECK(message("linear", {{64, 100}, {784, 128}}) ==
        "model.cpp:12: linear: got x of (64, 100) and a weight of (784, 128), expected the last axes to be equal; "
        "hint: the "
        "weight is (outputs, inputs)");
  CHECK(message("linear", {{64, 100}, {10, 100}, {100}}) == "model.cpp:12: linear: got a bias of (100), expected (10)");
}

TEST_CASE("errors: movement") {
  CHECK(message("reshape", {{2, 3}}, {List{4, -1}}) ==
        "model.cpp:12: reshape: got (4, -1) for a tensor of (2, 3) with 6 elements, expected as many");
  CHECK(message("reshape", {{2, 3}}, {List{-1, -1}}) ==
        "model.cpp:12: reshape: got (-1, -1), expected at most one length of -1");
  CHECK(message("permute", {{2, 3}}, {List{0, 0}}) ==
        "model.cpp:12: permute: got the axes (0, 0) for a tensor of (2, 3), expected each of its axes once");
  CHECK(message("slice", {{2, 3}}, {1, 2, 2}) ==
        "model.cpp:12: slice: got 2 elements from 2 on along axis 1, expected them inside its 3");
  CHECK(message("slice", {{2, 3}}, {2, 0, 1}) == "model.cpp:12: slice: axis 2 is outside a tensor of 2 axes");
  CHECK(message("update_slice", {{2, 3}, {3, 1}}, {1, 0}) ==
        "model.cpp:12: update_slice: got a block of float32 (3, 1) for a base of float32 (2, 3), expected equal types "
        "and equal "
        "lengths but along axis 1");
  CHECK(message("concatenate", {{2, 3}, {3, 3}}, {1}) ==
        "model.cpp:12: concatenate: got float32 (3, 3) beside float32 (2, 3), expected equal types and equal lengths "
        "but along "
        "axis 1");
  CHECK(message("pad", {{2}}, {List{1, 1}, List{0}}) ==
        "model.cpp:12: pad: got 2 low and 1 high borders for a tensor of (2), expected one of each for every axis");
}

TEST_CASE("errors: reductions, classes and indices") {
  CHECK(message("sum", {{2, 3}}, {List{2}}) == "model.cpp:12: sum: axis 2 is outside a tensor of 2 axes");
  CHECK(message("sum", {{2, 3}}, {List{1, -1}}) ==
        "model.cpp:12: sum: got the axes (1, -1), expected each at most once");
  CHECK(message("argmax", {{2, 0}}, {1}) == "model.cpp:12: argmax: got an axis 1 of length 0");
  CHECK(message("cross_entropy", {{4, 3}, {3}}, {}, 1) ==
        "model.cpp:12: cross_entropy: got logits of (4, 3) and labels of (3), expected a label for each row");
  CHECK(message("cross_entropy", {{4, 3}, {4}}) ==
        "model.cpp:12: cross_entropy: input 1 must be int64 indices, got float32 (4)");
  CHECK(message("take", {{4, 3}, {3}}, {}, 1) ==
        "model.cpp:12: take: got x of (4, 3) and indices of (3), expected an index for each row");
  CHECK(message("dropout", {{4}}, {1.0}) == "model.cpp:12: dropout: got the rate 1, expected 0 to below 1");
}

TEST_CASE("errors: layers") {
  CHECK(message("batch_norm", {{4, 3, 2}, {3}, {3}}) ==
        "model.cpp:12: batch_norm: got x of (4, 3, 2), expected (B, C) or (B, C, H, W)");
  CHECK(message("batch_norm", {{4, 3}, {4}, {3}}) ==
        "model.cpp:12: batch_norm: got a scale of (4) and a shift of (3), expected (3)");
  CHECK(message("conv2d", {{1, 3, 8, 8}, {16, 1, 3, 3}}) ==
        "model.cpp:12: conv2d: got x of (1, 3, 8, 8) with 3 channels, a weight of (16, 1, 3, 3) and 1 groups, expected "
        "a weight "
        "(O, C / groups, Kh, Kw) with O a multiple of the groups");
  CHECK(message("conv2d", {{1, 3, 2, 8}, {16, 3, 3, 3}}) ==
        "model.cpp:12: conv2d: got a kernel of 3 x 3 (dilation 1 x 1) for a padded image of 2 x 8; hint: pad more, or "
        "use a "
        "smaller kernel");
  CHECK(message("conv2d", {{1, 3, 8, 8}, {16, 3, 3, 3}}, {List{2}}) ==
        "model.cpp:12: conv2d: got a stride of [2], expected 2 integers of at least 1");
  CHECK(message("conv2d", {{1, 3, 8, 8}, {16, 3, 3, 3}, {3}}) ==
        "model.cpp:12: conv2d: got a bias of (3), expected (16)");
  CHECK(message("conv_transpose2d", {{1, 3, 4, 4}, {3, 8, 3, 3}}, {List{2, 2}, List{1, 1, 1, 1}, List{2, 0}}) ==
        "model.cpp:12: conv_transpose2d: got an output_padding of [2, 0], expected two integers from 0 to below the "
        "stride [2, "
        "2]");
}

}  // namespace atelier::ops::test
