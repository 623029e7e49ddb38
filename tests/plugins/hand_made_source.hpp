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
    const auto text = [](const char* name) { return to_abi(name); };
    fields_.push_back({sizeof(atl_field), text("unwanted"), ATL_FLOAT32, 1, &unwanted_elements, 0, 0, 1, nullptr, 0});
    if (kind_.classes > 0) {
      fields_.push_back({sizeof(atl_field), text("label"), ATL_INT64, 0, nullptr, kind_.classes, 0, 0, nullptr, 0});
    }
    fields_.push_back({sizeof(atl_field), text("image"), ATL_FLOAT32, static_cast<uint32_t>(kind_.dims.size()),
                       kind_.dims.data(), 0, kind_.low, kind_.high, nullptr, 0});
    spec_ = {sizeof spec_, fields_.data(), fields_.size(), kind_.train_count, kind_.test_count, nullptr, 0};
    view_ = {{sizeof(atl_source), &spec_, read}, this};
  }
  HandMadeSource(const HandMadeSource&) = delete;
  HandMadeSource& operator=(const HandMadeSource&) = delete;

  [[nodiscard]] const atl_source& table() const { return view_.table; }

 private:
  struct View {
    atl_source table;  // first, so that the plugin's pointer leads back here
    const HandMadeSource* source;
  };

  static atl_status read(const atl_source* table, int32_t split, int64_t index, void* const* fields) {
    const HandMadeSource& source = *reinterpret_cast<const View*>(table)->source;
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
  View view_{};
};

}  // namespace atelier::testing
