#include "runlog/sample_stack.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"

namespace atelier::runlog {

namespace {

using catalog::FieldKind;
using hdf5::Handle;
using hdf5::Type;

constexpr int64_t gap = 2;  // pixels around each picture of a preview

bool is_of_images(FieldKind kind) {
  return kind == FieldKind::image || kind == FieldKind::image_sequence;
}

struct Axis {
  std::string name;
  int64_t length;
};

// A row's axes after that of the samples, as the dataset has them: of images the channels last, one is no axis.
std::vector<Axis> axes_of(const SampleSeries& series) {
  const tensor::Shape& dims = series.dims;
  std::vector<Axis> axes;
  switch (series.kind) {
    case FieldKind::image_sequence:
    case FieldKind::image: {
      const size_t channels = series.kind == FieldKind::image ? 0 : 1;
      if (channels == 1) {
        axes.push_back({"time", dims[0]});
      }
      axes.push_back({"y", dims[channels + 1]});
      axes.push_back({"x", dims[channels + 2]});
      if (dims[channels] != 1) {
        axes.push_back({"channel", dims[channels]});
      }
      return axes;
    }
    case FieldKind::tokens:
      return {{"time", dims[0]}};
    case FieldKind::signal:
      return {{"channel", dims[0]}, {"time", dims[1]}};
    case FieldKind::table_row:
      return {{"column", dims[0]}};
    case FieldKind::numbers:
      break;
  }
  for (size_t axis = 0; axis < dims.rank(); ++axis) {
    axes.push_back({fmt::format("axis_{}", axis + 1), dims[axis]});
  }
  return axes;
}

// The same the other way: dims are the dataset's, with the axes of steps and of samples in front.
tensor::Shape sample_dims(FieldKind kind, std::span<const int64_t> dims) {
  const std::span<const int64_t> own = dims.subspan(2);
  if (!is_of_images(kind)) {
    return tensor::Shape(own);
  }
  const size_t y = kind == FieldKind::image ? 0 : 1;
  tensor::Shape out(own.first(y));
  out.append(own.size() == y + 3 ? own[y + 2] : 1);
  out.append(own[y]);
  out.append(own[y + 1]);
  return out;
}

// How many axes the dataset of a kind may have.
std::pair<size_t, size_t> ranks_of(FieldKind kind) {
  switch (kind) {
    case FieldKind::image:
      return {4, 5};
    case FieldKind::image_sequence:
      return {5, 6};
    case FieldKind::tokens:
    case FieldKind::table_row:
      return {3, 3};
    case FieldKind::signal:
      return {4, 4};
    case FieldKind::numbers:
      break;
  }
  return {2, tensor::Shape::max_rank};
}

// A preview's pictures: images of one or three channels in a grid as square as can be; of a sequence and of images of
// other channels a row each, of its frames and of grey pictures of its channels.
struct Preview {
  explicit Preview(const SampleSeries& series) {
    const size_t channel_axis = series.kind == FieldKind::image ? 0 : 1;
    const int64_t all_channels = series.dims[channel_axis];
    const int64_t frames = channel_axis == 1 ? series.dims[0] : 1;
    channels = all_channels == 3 ? 3 : 1;
    height = series.dims[channel_axis + 1];
    width = series.dims[channel_axis + 2];
    const int64_t parts = all_channels / channels;
    pictures = series.count * frames * parts;
    apart = parts;
    columns = frames * parts > 1 ? frames * parts
                                 : static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(series.count))));
    rows = (pictures + columns - 1) / columns;
    all_width = columns * (width + gap) + gap;
    all_height = rows * (height + gap) + gap;
  }
  int64_t pictures, columns, rows;
  int64_t apart;  // pictures that the channels of one image are
  int64_t height, width, channels;
  int64_t all_height, all_width;

  [[nodiscard]] std::vector<uint8_t> drawn(std::span<const uint8_t> pixels) const {  // (n, [time,] y, x, channel)
    std::vector<uint8_t> out(static_cast<size_t>(all_height * all_width * channels), 0);
    const int64_t step = channels * apart;  // from a pixel of an image to the next
    for (int64_t p = 0; p < pictures; ++p) {
      const int64_t top = gap + p / columns * (height + gap);
      const int64_t left = gap + p % columns * (width + gap);
      const auto image = pixels.begin() + p / apart * height * width * step + p % apart;
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          const auto to = out.begin() + ((top + y) * all_width + left + x) * channels;
          std::copy_n(image + (y * width + x) * step, channels, to);
        }
      }
    }
    return out;
  }
};

void write_image_attributes(hid_t preview, bool colour) {
  hdf5::write_attribute(preview, "CLASS", std::string("IMAGE"));
  hdf5::write_attribute(preview, "IMAGE_VERSION", std::string("1.2"));
  hdf5::write_attribute(preview, "IMAGE_SUBCLASS", std::string(colour ? "IMAGE_TRUECOLOR" : "IMAGE_GRAYSCALE"));
  hdf5::write_attribute(preview, "DISPLAY_ORIGIN", std::string("UL"));
  if (colour) {
    hdf5::write_attribute(preview, "INTERLACE_MODE", std::string("INTERLACE_PIXEL"));
  } else {
    hdf5::write_attribute(preview, "IMAGE_WHITE_IS_ZERO", uint8_t{0});
  }
}

// `channel`: the scale of the images' channels, where they have one; of a colour preview too.
void make_preview(hid_t group, const SampleSeries& series, hid_t channel) {
  const Preview layout(series);
  const Handle y = hdf5::make_unwritten_scale(group, "preview_y", layout.all_height);
  const Handle x = hdf5::make_unwritten_scale(group, "preview_x", layout.all_width);
  std::vector<int64_t> shape{layout.all_height, layout.all_width};
  std::vector<hid_t> axes{y, x};
  const bool colour = layout.channels == 3;
  if (colour) {
    shape.push_back(layout.channels);
    axes.push_back(channel);
  }
  const Handle preview = hdf5::make_array(group, "preview", Type::u8, shape);
  hdf5::attach(preview, axes);
  write_image_attributes(preview, colour);
}

}  // namespace

SampleDataset dataset_of(FieldKind kind) {
  return is_of_images(kind)          ? SampleDataset{"images", Type::u8}
         : kind == FieldKind::tokens ? SampleDataset{"tokens", Type::i64}
                                     : SampleDataset{"values", Type::f32};
}

int64_t preview_bytes(const SampleSeries& series) {
  if (!is_of_images(series.kind)) {
    return 0;
  }
  const Preview layout(series);
  return layout.all_height * layout.all_width * layout.channels;
}

void make_samples(hid_t file, const SampleSeries& series) {
  const Handle group = hdf5::make_group(file, "samples/" + series.name);
  hdf5::write_attribute(group, "kind", catalog::name_of(series.kind));
  hdf5::write_attribute(group, "field", series.field);
  std::vector<Handle> scales;
  scales.push_back(make_steps(group));
  scales.push_back(hdf5::make_unwritten_scale(group, "n", series.count));
  std::vector<int64_t> row{series.count};
  for (const Axis& axis : axes_of(series)) {
    scales.push_back(hdf5::make_unwritten_scale(group, axis.name, axis.length));
    row.push_back(axis.length);
  }
  const SampleDataset dataset = dataset_of(series.kind);
  hdf5::attach(hdf5::make_growing(group, dataset.name, dataset.type, row, 1, true), {scales.begin(), scales.end()});
  if (is_of_images(series.kind)) {
    make_preview(group, series, scales.back());
  } else if (series.kind == FieldKind::tokens) {
    hdf5::attach(hdf5::make_growing_texts(group, "text", series.count), {scales[0], scales[1]});
  }
}

SampleSeries read_sample_series(hid_t samples, const std::string& name) {
  const Handle group = hdf5::open_group(samples, name);
  SampleSeries series;
  series.name = name;
  series.field = hdf5::read_text_attribute(group, "field");
  const std::string kind = hdf5::read_text_attribute(group, "kind");
  const std::optional<FieldKind> known = catalog::field_kind_from(kind);
  if (!known) {
    throw hdf5::Failure(
        fmt::format("the samples '{}' are of the kind '{}', which this program does not know", name, kind));
  }
  series.kind = *known;
  const SampleDataset dataset = dataset_of(series.kind);
  const auto [least, most] = ranks_of(series.kind);
  const std::vector<int64_t> dims = hdf5::shape_of(hdf5::open_dataset(group, dataset.name), dataset.type, least, most);
  series.count = dims[1];
  series.dims = sample_dims(series.kind, dims);
  return series;
}

SampleStack::SampleStack(hid_t file, const SampleSeries& series)
    : series_(series),
      group_(hdf5::open_group(file, "samples/" + series.name)),
      stack_(group_, dataset_of(series.kind).name, dataset_of(series.kind).type) {
  if (is_of_images(series.kind)) {
    preview_ = hdf5::open_dataset(group_, "preview");
  } else if (series.kind == FieldKind::tokens) {
    texts_ = hdf5::open_dataset(group_, "text");
  }
}

void SampleStack::append(int64_t step, const void* row, size_t elements, const std::vector<std::string>& texts) {
  if (texts_ >= 0) {
    hdf5::resize_texts(texts_, stack_.rows() + 1);
    hdf5::write_text_row(texts_, stack_.rows(), texts);
  }
  stack_.append(step, row, elements);
  for (const std::string& text : texts) {
    stack_.hash().add(text);
  }
  if (preview_ >= 0) {
    renew_preview({static_cast<const uint8_t*>(row), elements});
  }
}

void SampleStack::truncate(int64_t step, int64_t most_rows) {
  stack_.truncate(step, most_rows);
  if (texts_ >= 0) {
    hdf5::resize_texts(texts_, stack_.rows());
  }
  if (preview_ >= 0) {
    renew_preview(newest_pixels());
  }
}

std::vector<uint8_t> SampleStack::newest_pixels() const {
  std::vector<uint8_t> pixels(static_cast<size_t>(stack_.row_elements()), 0);
  if (stack_.rows() > 0) {
    stack_.read_row(stack_.rows() - 1, pixels.data(), pixels.size());
  }
  return pixels;
}

void SampleStack::renew_preview(std::span<const uint8_t> pixels) {
  hdf5::write_all(preview_, std::span<const uint8_t>(Preview(series_).drawn(pixels)));
}

bool SampleStack::preview_is_of_newest() const {
  if (preview_ < 0 || stack_.rows() == 0) {
    return true;
  }
  const std::vector<uint8_t> expected = Preview(series_).drawn(newest_pixels());
  std::vector<uint8_t> found(expected.size());
  hdf5::read_all(preview_, std::span(found));
  return found == expected;
}

std::vector<std::string> SampleStack::texts_of(int64_t row) const {
  return texts_ >= 0 ? hdf5::read_text_row(texts_, row) : std::vector<std::string>();
}

void SampleStack::hash_row_in_file(int64_t row) {
  stack_.hash_row_in_file(row);
  for (const std::string& text : texts_of(row)) {
    stack_.hash().add(text);
  }
}

}  // namespace atelier::runlog
