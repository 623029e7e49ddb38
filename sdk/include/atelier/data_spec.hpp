// What samples of data consist of, as datasets say it and models see it.
#pragma once

#include <atelier/core.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier {

namespace detail {

ATELIER_ONCE inline std::vector<std::string> texts(const atl_string* first, uint64_t count) {
  std::vector<std::string> out;
  for (uint64_t i = 0; i < count; ++i) {
    out.emplace_back(view(first[i]));
  }
  return out;
}

}  // namespace detail

// What an array means; see atl_kind for its axes.
enum class Kind : atl_kind {
  numbers = ATL_NUMBERS_OF_NO_KIND,
  image = ATL_IMAGE,
  image_sequence = ATL_IMAGE_SEQUENCE,
  tokens = ATL_TOKENS,
  signal = ATL_SIGNAL,
  table_row = ATL_TABLE_ROW
};

// One named array of every sample.
struct Field {
  std::string name;
  atl_dtype dtype = ATL_FLOAT32;              // or ATL_INT64, or ATL_UINT8: bytes that stand for low to high
  std::vector<int64_t> dims;                  // without the batch axis
  int64_t classes = 0;                        // of an integer field; 0 where unbounded
  double low = 0, high = 1;                   // of any other field: the range of its values
  std::vector<std::string> class_names = {};  // of an integer field: one for each class, or none
  Kind kind = Kind::numbers;
  std::vector<std::string> channel_names = {};  // of a table's columns, of a signal's or an image's channels, or none
  double rate = 0;                              // of a signal or a sequence of images: values a second; 0: unknown
  std::string length_field = {};  // where samples are of unequal length: the integer field that has each one's

  // (C, H, W), values from `low` to `high`.
  static Field image(std::string name, std::vector<int64_t> dims, double low = 0, double high = 1) {
    return {std::move(name), ATL_FLOAT32, std::move(dims), 0, low, high, {}, Kind::image};
  }
  // The same as bytes, 0 to 255, which take a quarter of the memory.
  static Field image_of_bytes(std::string name, std::vector<int64_t> dims) {
    return {std::move(name), ATL_UINT8, std::move(dims), 0, 0, 1, {}, Kind::image};
  }
  // (T, C, H, W).
  static Field images(std::string name, std::vector<int64_t> dims, double low = 0, double high = 1) {
    return {std::move(name), ATL_FLOAT32, std::move(dims), 0, low, high, {}, Kind::image_sequence};
  }
  // One class of each sample.
  static Field label(std::string name, int64_t classes, std::vector<std::string> class_names = {}) {
    return {std::move(name), ATL_INT64, {}, classes, 0, 0, std::move(class_names)};
  }
  // So many tokens of text, each an index into `vocabulary`; without one they are the bytes of UTF-8.
  static Field text(std::string name, int64_t tokens, std::vector<std::string> vocabulary = {}) {
    constexpr int64_t bytes = 256;
    const int64_t classes = vocabulary.empty() ? bytes : static_cast<int64_t>(vocabulary.size());
    return {std::move(name), ATL_INT64, {tokens}, classes, 0, 0, std::move(vocabulary), Kind::tokens};
  }
  // (C, T), at so many values a second.
  static Field signal(std::string name, std::vector<int64_t> dims, double low, double high, double rate = 0) {
    return {std::move(name), ATL_FLOAT32, std::move(dims), 0, low, high, {}, Kind::signal, {}, rate};
  }
  // One row of a table.
  static Field row(std::string name, std::vector<std::string> columns, double low, double high) {
    return {std::move(name), ATL_FLOAT32,       {static_cast<int64_t>(columns.size())}, 0, low, high, {},
            Kind::table_row, std::move(columns)};
  }

  [[nodiscard]] int64_t elements() const {
    int64_t product = 1;
    for (const int64_t length : dims) {
      product *= length;
    }
    return product;
  }
};

class DataSpec {
 public:
  explicit DataSpec(const atl_data_spec& spec) : train_count(spec.train_count), test_count(spec.test_count) {
    const char* field = reinterpret_cast<const char*>(spec.fields);
    for (uint64_t i = 0; i < spec.field_count; ++i, field += spec.fields->size) {
      const auto& found = *reinterpret_cast<const atl_field*>(field);
      Field& out = fields.emplace_back();
      out.name = detail::view(found.name);
      out.dtype = found.dtype;
      out.dims.assign(found.dims, found.dims + found.rank);
      out.classes = found.classes;
      out.low = found.low;
      out.high = found.high;
      out.class_names = detail::texts(found.class_names, found.class_name_count);
      out.kind = static_cast<Kind>(found.kind);
      out.channel_names = detail::texts(found.channel_names, found.channel_name_count);
      out.rate = found.rate;
      out.length_field = detail::view(found.length_field);
    }
  }

  // Null where the data has no such field.
  [[nodiscard]] const Field* find(std::string_view name) const {
    for (const Field& field : fields) {
      if (field.name == name) {
        return &field;
      }
    }
    return nullptr;
  }
  // The images, (C, H, W); an empty field where the data has none.
  [[nodiscard]] const Field& image() const {
    static const Field none{};
    const Field* found = find("image");
    return found == nullptr ? none : *found;
  }
  [[nodiscard]] int64_t channels() const { return image().dims.size() == 3 ? image().dims[0] : 0; }
  [[nodiscard]] int64_t height() const { return image().dims.size() == 3 ? image().dims[1] : 0; }
  [[nodiscard]] int64_t width() const { return image().dims.size() == 3 ? image().dims[2] : 0; }
  // Of the labels; 0 where the data has none.
  [[nodiscard]] int64_t classes() const {
    const Field* found = find("label");
    return found == nullptr ? 0 : found->classes;
  }
  // Of the labels' classes; none where the data has no labels, or does not name them.
  [[nodiscard]] std::vector<std::string> class_names() const {
    const Field* found = find("label");
    return found == nullptr ? std::vector<std::string>() : found->class_names;
  }

  std::vector<Field> fields;
  int64_t train_count = 0, test_count = 0;
};

}  // namespace atelier
