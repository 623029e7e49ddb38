#include "cli/sample_pictures.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "pictures/gif.hpp"
#include "pictures/grid.hpp"
#include "pictures/plot.hpp"
#include "pictures/png.hpp"

namespace atelier::cli {
namespace {

using catalog::FieldKind;
using inference::Samples;

pictures::ImageStack plots_of(const Samples& signals) {
  const tensor::Shape dims = signals.dims();
  return pictures::plots({signals.values.storage.as<const float>(), signals.count() * signals.per_strip(), dims[0],
                          dims[1], signals.like.low, signals.like.high});
}

pictures::Strips drawn(const Samples& samples) {
  return samples.like.kind == FieldKind::signal
             ? pictures::Strips{plots_of(samples), samples.per_strip(), samples.animation}
             : inference::pictures_of(samples);
}

int64_t columns_for(const Samples& samples, int64_t columns) {
  return columns > 0 ? std::min(columns, samples.count())
                     : static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(samples.count()))));
}

// The images from `first` on, at most `count`.
pictures::ImageStack images_between(const pictures::ImageStack& all, int64_t first, int64_t count) {
  count = std::min(count, all.count - first);
  const auto bytes = all.height * all.width * all.channels;
  const auto begin = all.pixels.begin() + static_cast<std::ptrdiff_t>(first * bytes);
  return {count, all.height, all.width, all.channels, {begin, begin + static_cast<std::ptrdiff_t>(count * bytes)}};
}

// Which run and which samples, in the picture.
pictures::Atlas labelled(const Samples& samples, int64_t columns, const std::string& title) {
  const pictures::ImageStack cells = cells_of(samples);
  columns = samples.are_strips || samples.like.kind == FieldKind::image_sequence ? 1 : columns_for(samples, columns);
  pictures::Atlas atlas;
  atlas.title = title;
  for (int64_t column = 1; column <= columns && columns > 1; ++column) {
    atlas.columns.push_back(fmt::format("{}", column));
  }
  for (int64_t first = 0; first < cells.count; first += columns) {
    atlas.rows.push_back({{fmt::format("{}", first + 1)}, images_between(cells, first, columns)});
  }
  return atlas;
}

pictures::ImageStack picture_of(const Samples& samples, const SampleRequest& request, const std::string& title) {
  if (request.labels) {
    pictures::Atlas atlas = labelled(samples, request.columns, title);
    atlas.scale = static_cast<double>(request.scale);
    return pictures::to_pixels(pictures::drawing_of(atlas), 1);
  }
  const pictures::Strips strips = drawn(samples);
  const bool rows = samples.are_strips || strips.per_strip > 1;
  return pictures::enlarged(pictures::grid(strips.images, rows ? strips.per_strip : request.columns), request.scale);
}

}  // namespace

// The endings of files that can hold what is of this kind.
std::vector<std::string> endings_for(FieldKind kind, bool view) {
  switch (kind) {
    case FieldKind::image:
      return view ? std::vector<std::string>{".png", ".gif"} : std::vector<std::string>{".png"};
    case FieldKind::image_sequence:
      return {".png", ".gif"};
    case FieldKind::tokens:
      return {".txt"};
    case FieldKind::signal:
      return {".csv", ".wav", ".png"};
    case FieldKind::table_row:
    case FieldKind::numbers:
      return {".csv"};
  }
  return {};
}

pictures::ImageStack cells_of(const Samples& samples) {
  if (const std::vector<std::string> endings = endings_for(samples.like.kind, samples.are_strips);
      std::ranges::find(endings, ".png") == endings.end()) {
    throw Error(ErrorKind::usage,
                "what is like '{}' is of the kind '{}', expected images, sequences of them, or signals",
                samples.like.name, catalog::name_of(samples.like.kind));
  }
  const pictures::Strips strips = drawn(samples);
  if (strips.per_strip == 1) {
    return strips.images;
  }
  pictures::ImageStack cells;
  for (int64_t first = 0; first < strips.images.count; first += strips.per_strip) {
    const pictures::ImageStack row =
        pictures::grid(images_between(strips.images, first, strips.per_strip), strips.per_strip);
    cells.pixels.insert(cells.pixels.end(), row.pixels.begin(), row.pixels.end());
    cells.height = row.height;
    cells.width = row.width;
    cells.channels = row.channels;
    ++cells.count;
  }
  return cells;
}

void write_picture(const Samples& samples, const SampleRequest& request, const std::string& title) {
  constexpr int hundredths = 12;
  if (request.file.extension() == ".gif") {
    return pictures::write_gif(request.file, pictures::enlarged(pictures::frames_of(drawn(samples)), request.scale),
                               hundredths);
  }
  pictures::write_png(request.file, picture_of(samples, request, title));
}

pictures::Atlas with_neighbours(const Samples& samples, const inference::Neighbours& found, const std::string& title) {
  const pictures::ImageStack made = cells_of(samples);
  const pictures::ImageStack real = inference::pictures_of(found.images).images;
  pictures::Atlas atlas;
  atlas.title = title;
  atlas.columns = {"made"};
  const auto neighbours = std::ssize(found.of_samples.front());
  for (int64_t k = 1; k <= neighbours; ++k) {
    atlas.columns.push_back(k == 1 ? "nearest" : fmt::format("{}.", k));
  }
  atlas.apart_after = 1;
  const double typical = found.median_of_real();
  for (int64_t i = 0; i < made.count; ++i) {
    pictures::ImageStack images = images_between(made, i, 1);
    const pictures::ImageStack beside = images_between(real, i * neighbours, neighbours);
    images.pixels.insert(images.pixels.end(), beside.pixels.begin(), beside.pixels.end());
    images.count += beside.count;
    pictures::AtlasRow row{{fmt::format("{}", i + 1)}, std::move(images), {""}};
    for (const inference::Neighbour& one : found.of_samples[static_cast<size_t>(i)]) {
      row.captions.push_back(typical > 0 ? fmt::format("{:.2f}", one.distance / typical)
                                         : fmt::format("{:.3g}", one.distance));
    }
    atlas.rows.push_back(std::move(row));
  }
  atlas.remarks = sentences_of(found);
  return atlas;
}

std::vector<std::string> sentences_of(const inference::Neighbours& found) {
  constexpr double near = 0.05;
  std::vector<double> distances;
  int64_t nearer = 0;
  for (const auto& neighbours : found.of_samples) {
    distances.push_back(neighbours.front().distance);
    nearer += found.share_of_real(distances.back()) <= near ? 1 : 0;
  }
  std::ranges::sort(distances);
  const double median = distances[distances.size() / 2];
  return {fmt::format("distances are over {:.4g}, the median from a training sample to its nearest other ({} of them)",
                      found.median_of_real(), found.of_real.size()),
          fmt::format(
              "the samples' median is {:.2f}; {} of {} are nearer to a training sample than 95% of those are to "
              "each other, where {:.1f} would be by chance",
              median / found.median_of_real(), nearer, distances.size(), near * static_cast<double>(distances.size()))};
}

}  // namespace atelier::cli
