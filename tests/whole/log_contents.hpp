// A log as HDF5 sees it, whatever this program believes to be in there.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace whole {

// The bytes of every dataset and attribute ("/group/dataset", "/group/dataset@attribute"), strings by their characters,
// and of every type and shape, without what a clock, the run's identity or the number of threads goes into, and without
// the references between datasets and their scales.
std::map<std::string, std::string> contents_of(const std::filesystem::path& log);

}  // namespace whole
