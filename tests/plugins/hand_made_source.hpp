// A source whose samples a test writes itself. Beside the image and the label it has a field that nobody wants, so that
// fields are found by their names or not at all.
#pragma once

#include <functional>

#include "dataset_host.hpp"

namespace atelier::testing {

class HandMadeSource {
 public:
  using Fill = std::function<void(int32_t split, int64_t index, float* image, int64_t& label)>;
  struct Kind {
    std::vector<int64_t> dims;  // of an image: (C, H, W)
    int64_t classes = 10;       // 0: no labels
    int64_t train_count = 10, test_count = 10;
    double low = 0, high = 1;
  };

  HandMadeSource(Kind kind, Fill fill) : kind_(std::move(kind)), fill_(std::move(fill)) {
    atl_field& unwanted = add("unwanted", ATL_NUMBERS_OF_NO_KIND, ATL_FLOAT32);
    unwanted.dims = &unwanted_elements;
    unwanted.rank = 1;
    unwanted.high = 1;
    if (kind_.classes > 0) {
      add("label", ATL_NUMBERS_OF_NO_KIND, ATL_INT64).classes = kind_.classes;
    }
    atl_field& image = add("image", ATL_IMAGE, ATL_FLOAT32);
    image.dims = kind_.dims.data();
    image.rank = static_cast<uint32_t>(kind_.dims.size());
    image.low = kind_.low;
    image.high = kind_.high;
    spec_ = {sizeof spec_, fields_.data(), fields_.size(), kind_.train_count, kind_.test_count, nullptr, 0};
    table_ = {sizeof table_, this, to_abi("source"), &spec_, read};
  }
  HandMadeSource(const HandMadeSource&) = delete;
  HandMadeSource& operator=(const HandMadeSource&) = delete;

  [[nodiscard]] const atl_source& table() const { return table_; }

 private:
  atl_field& add(const char* name, atl_kind kind, atl_dtype dtype) {
    atl_field field{};
    field.size = sizeof field;
    field.name = to_abi(name);
    field.kind = kind;
    field.dtype = dtype;
    field.length_field = to_abi("");
    return fields_.emplace_back(field);
  }

  static atl_status read(const atl_source* table, int32_t split, int64_t index, void* const* fields) {
    const HandMadeSource& source = *static_cast<const HandMadeSource*>(table->host_data);
    if (index < 0 || index >= (split == ATL_TRAIN ? source.kind_.train_count : source.kind_.test_count)) {
      return ATL_ERROR_DATA;
    }
    std::fill_n(static_cast<float*>(fields[0]), unwanted_elements, 99.0F);
    int64_t no_label = 0;
    int64_t& label = source.kind_.classes > 0 ? *static_cast<int64_t*>(fields[1]) : no_label;
    source.fill_(split, index, static_cast<float*>(fields[source.fields_.size() - 1]), label);
    return ATL_OK;
  }

  static constexpr int64_t unwanted_elements = 3;
  Kind kind_;
  Fill fill_;
  std::vector<atl_field> fields_;
  atl_data_spec spec_{};
  atl_source table_{};
};

}  // namespace atelier::testing
