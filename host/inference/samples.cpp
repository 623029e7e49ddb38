#include "inference/samples.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

#include "base/error.hpp"

namespace atelier::inference {

using catalog::FieldKind;

namespace {

// What a vocabulary without texts stands for: bytes, or nothing that could be read as text.
std::string text_without_names(std::span<const int64_t> tokens, int64_t classes) {
  constexpr int64_t bytes = 256;
  if (classes != bytes) {
    return fmt::format("{}", fmt::join(tokens, " "));
  }
  return {tokens.begin(), tokens.end()};
}

}  // namespace

pictures::ImageStack pixels_of(const Samples& images) {
  const tensor::Shape dims = images.dims();
  ATELIER_CHECK(dims.rank() >= 3);
  const size_t channels = dims.rank() - 3;
  pictures::ImageStack out{0, dims[channels + 1], dims[channels + 2], dims[channels], {}};
  out.count = images.values.shape.elements() / (out.height * out.width * out.channels);
  pictures::append_images(images.values.storage.as<const float>(), out.count, images.like.low, images.like.high, out);
  return out;
}

pictures::Strips pictures_of(const Samples& images) {
  const bool sequences = images.like.kind == FieldKind::image_sequence;
  pictures::Strips out{pictures::channels_as_pictures(pixels_of(images))};
  out.per_strip = sequences ? images.dims()[0] : images.per_strip();
  out.animation = sequences || images.animation;
  return out;
}

std::vector<std::string> texts_of(const Samples& tokens) {
  const int64_t length = tokens.dims().elements();
  const std::span all(tokens.values.storage.as<const int64_t>(), static_cast<size_t>(tokens.values.shape.elements()));
  std::vector<std::string> out;
  for (int64_t first = 0; first < std::ssize(all); first += length) {
    const std::span<const int64_t> own = all.subspan(static_cast<size_t>(first), static_cast<size_t>(length));
    if (tokens.like.class_names.empty()) {
      out.push_back(text_without_names(own, tokens.like.classes));
      continue;
    }
    std::string& text = out.emplace_back();
    for (const int64_t token : own) {
      text += tokens.like.class_names[static_cast<size_t>(token)];
    }
  }
  return out;
}

}  // namespace atelier::inference
