// Inside this room only: /data, what the samples that a run learned from consist of.
#pragma once

#include "catalog/data_spec.hpp"
#include "runlog/hdf5.hpp"

namespace atelier::runlog {

void make_data_group(hid_t file, const catalog::DataSpec& data);

// Throws hdf5::Failure for what no dataset of ours could say of itself.
catalog::DataSpec read_data_group(hid_t file);

}  // namespace atelier::runlog
