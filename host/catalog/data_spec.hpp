// What a dataset says of its samples: fields, shapes, value ranges, counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/shape.hpp"

namespace atelier::catalog {

// What an array means, in the order of the contract's atl_kind, which says what the axes are.
enum class FieldKind : uint8_t { numbers, image, image_sequence, tokens, signal, table_row };
std::string name_of(FieldKind kind);  // "numbers", "image", "image sequence", "tokens", "signal", "table row"
std::optional<FieldKind> field_kind_from(std::string_view name);

struct FieldSpec {
  std::string name;
  tensor::DType dtype = tensor::DType::f32;
  tensor::Shape dims;                         // of one sample; an image is (C, H, W)
  int64_t classes = 0;                        // of integers; 0 where they are no classes
  double low = 0, high = 1;                   // the range of the values
  std::vector<std::string> class_names = {};  // one for each class, or none; of tokens, their texts
  FieldKind kind = FieldKind::numbers;
  bool as_bytes = false;                        // the dataset gives bytes, 0 to 255, that stand for low to high
  std::vector<std::string> channel_names = {};  // one for each channel or column, or none
  double rate = 0;                              // values a second; 0 where unknown
  std::string length_field =
      {};  // the field that has each sample's length along the axis of time; "" where all are full
};

// The names of a sample's axes: {"C", "H", "W"} of an image; none where its kind says nothing of them.
std::vector<std::string> axes_of(const FieldSpec& field);

constexpr size_t max_fields = 16;  // of a sample
// In one split: an epoch's order and a split's samples are lists of 32-bit numbers in memory.
constexpr int64_t max_samples = INT32_MAX;

struct DataSpec {
  std::vector<FieldSpec> fields;
  int64_t train_count = 0, test_count = 0;
  std::vector<std::string> files;  // that the samples are read from; none where they are made

  [[nodiscard]] const FieldSpec* find(std::string_view name) const;  // null where there is no such field
};

// Whether what a dataset says of its samples can be: a line for each mistake; none where all is well.
std::vector<std::string> problems_of(const DataSpec& spec);

}  // namespace atelier::catalog
