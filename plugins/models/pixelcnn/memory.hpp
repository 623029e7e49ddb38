// What the layers of a causal network keep while an image is made piece by piece, so that a new piece costs a look at
// the pixels around it and not a pass over the whole image. Pieces are (B, C, 1, w): a pixel, or a row.
#pragma once

#include <atelier/masked_convolution.hpp>
#include <functional>

namespace pixelcnn {

using namespace atelier;

// Applies a layer to its input: to whole images, or to a piece beside what is remembered.
using Convolve = std::function<Tensor(const MaskedConv2d&, Tensor)>;

inline Tensor whole_images(const MaskedConv2d& layer, Tensor x) {
  return layer(x);
}

class Memory {
 public:
  Memory(const Recording& recording, int64_t width) : recording_(recording), width_(width) {}

  // The pieces that follow begin at this column of the row.
  void look_at(int64_t column) {
    column_ = column;
    next_ = 0;
  }

  // Layers are told apart by their order.
  Tensor operator()(const MaskedConv2d& layer, Tensor piece) {
    if (layer.left() == 0) {
      return layer(piece);
    }
    if (next_ == seen_.size()) {
      const int64_t columns = layer.left() + width_ + layer.right();
      const Tensor above = layer.above() > 0 ? zeros(piece, layer.above(), columns) : Tensor();
      seen_.push_back({layer.above(), layer.left(), layer.right(), above});
    }
    Seen& seen = seen_[next_++];
    if (seen.row.empty()) {
      seen.before = zeros(piece, 1, seen.left);
    }
    seen.piece = piece;
    const Tensor row = with_border(seen, {seen.before, piece});
    if (seen.rows == 0) {
      return layer.on_part(row);
    }
    return layer.on_part(concatenate({seen.above.slice(3, column_, row.dim(3)), row}, 2));
  }

  // What the layers saw last is final; of the first one, whose input is the image itself, it is `input`.
  void keep(Tensor input) {
    for (size_t i = 0; i < seen_.size(); ++i) {
      Seen& seen = seen_[i];
      seen.row.push_back(i == 0 ? input : seen.piece);
      const Tensor row = concatenate({seen.before, seen.row.back()}, 3);
      seen.before = row.slice(3, row.dim(3) - seen.left, seen.left);
    }
  }

  void end_row() {
    for (Seen& seen : seen_) {
      if (seen.rows > 0) {
        seen.row.insert(seen.row.begin(), zeros(seen.piece, 1, seen.left));
        const Tensor row = with_border(seen, seen.row);
        seen.above = seen.rows == 1 ? row : concatenate({seen.above.slice(2, 1, seen.rows - 1), row}, 2);
      }
      seen.row.clear();
    }
    look_at(0);
  }

  // All that lives from row to row.
  void add_to(std::vector<Tensor*>& kept) {
    for (Seen& seen : seen_) {
      if (seen.rows > 0) {
        kept.push_back(&seen.above);
      }
    }
  }

 private:
  struct Seen {                 // by one layer, of its input
    int64_t rows, left, right;  // how far it reaches
    Tensor above;               // (B, C, rows, left + W + right): the finished rows, where it reaches any
    Tensor before{};            // (B, C, 1, left): what comes before the piece in its row
    Tensor piece{};             // the newest
    std::vector<Tensor> row{};  // the pieces of this row
  };

  [[nodiscard]] Tensor zeros(Tensor like, int64_t rows, int64_t columns) const {
    return recording_.full({like.dim(0), like.dim(1), rows, columns}, 0);
  }
  // Side by side, and to their right what a kernel that reaches there finds empty.
  [[nodiscard]] Tensor with_border(const Seen& seen, std::vector<Tensor> pieces) const {
    if (seen.right > 0) {
      pieces.push_back(zeros(pieces.back(), 1, seen.right));
    }
    return concatenate(pieces, 3);
  }

  Recording recording_;
  int64_t width_, column_ = 0;
  size_t next_ = 0;
  std::vector<Seen> seen_;
};

}  // namespace pixelcnn
