// What holds of a dataset whatever its files are: it refuses them in one line, or every sample of it can be read and is
// as its description says.
#pragma once

#include <atelier/abi.h>

#include "../plugins/dataset_host.hpp"
#include "require.hpp"

namespace atelier::fuzz {

inline void check_samples(const testing::MadeDataset& dataset, int32_t split, int64_t count) {
  const atl_data_spec& spec = dataset.spec();
  for (int64_t index = 0; index < count; ++index) {
    const testing::FieldValues values = dataset.read_fields(split, index);
    for (uint64_t i = 0; i < spec.field_count; ++i) {
      const atl_field& field = spec.fields[i];
      if (field.dtype == ATL_FLOAT32) {
        for (const float value : values.reals.find(testing::view(field.name))->second) {
          require(value >= field.low && value <= field.high, "pixels are in the range that the dataset names");
        }
      } else {
        for (const int64_t value : values.integers.find(testing::view(field.name))->second) {
          require(value >= 0 && value < field.classes, "labels are among the classes");
        }
      }
    }
  }
}

inline void check_dataset(const testing::MadeDataset& dataset) {
  if (dataset.error().empty()) {
    require(dataset.spec().train_count > 0, "a dataset has samples to train");
    check_samples(dataset, ATL_TRAIN, dataset.spec().train_count);
    check_samples(dataset, ATL_TEST, dataset.spec().test_count);
    for (int64_t index = 0; index < dataset.spec().train_count; ++index) {
      require(dataset.group(index) >= 0, "each sample to train has a group");
    }
    require(dataset.error().empty(), "the samples of a dataset can be read");
  } else {
    require(dataset.status() == ATL_ERROR_DATA, "broken files are an error of the data");
    require(dataset.error().find('\n') == std::string::npos, "an error of the data is one line");
  }
}

}  // namespace atelier::fuzz
