// What a model has made, as it gives it, and as people look at it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/data_spec.hpp"
#include "pictures/image_stack.hpp"
#include "tensor/storage.hpp"

namespace atelier::inference {

struct Samples {
  catalog::FieldSpec like;  // the field of the data that each is like: its kind, range, tokens, names and rate
  tensor::Tensor values;    // (n, ...), in the range that the experiment scaled the data to; of a view (n, k, ...)
  bool are_strips = false;  // of a view, k elements each
  bool animation = false;   // the elements of a strip follow each other in time

  [[nodiscard]] int64_t count() const { return values.shape[0]; }
  [[nodiscard]] int64_t per_strip() const { return are_strips ? values.shape[1] : 1; }
  // Of one sample, or one element of a strip.
  [[nodiscard]] tensor::Shape dims() const { return tensor::Shape(values.shape.dims().subspan(are_strips ? 2 : 1)); }
};

// Of images and sequences of them: the pixels of all channels, (n, [k,] [time,] y, x, channel).
pictures::ImageStack pixels_of(const Samples& images);
// The same as pictures: what has not one or three channels is a row of grey pictures, one a channel. The strips of
// images that are none of a view have one image each; those of sequences have their frames.
pictures::Strips pictures_of(const Samples& images);

// Of tokens: the text of each sample, or of each element of each strip, in order. Bytes are given as they are, whether
// they are UTF-8 or not.
std::vector<std::string> texts_of(const Samples& tokens);

}  // namespace atelier::inference
