#include "split.hpp"

#include <map>

namespace image_folder {
namespace {

// Uniform in [0, 1), of 53 bits: FNV-1a of the name, then the finalizer of SplitMix64 (Steele, Lea and Flood 2014),
// since FNV's high bits hardly move with the last letters.
double draw(const std::string& name, uint64_t seed) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  uint64_t z = hash + (seed + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

}  // namespace

Split split_files(const std::vector<File>& files, const Pattern& pattern, double test_fraction, uint64_t seed) {
  Split split;
  std::map<std::string, int64_t> numbers;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string stem = std::filesystem::path(files[i].name).stem().string();
    const std::string name = pattern.group_of(stem, files[i].name);
    split.groups.push_back(numbers.try_emplace(name, static_cast<int64_t>(numbers.size())).first->second);
    (draw(name, seed) < test_fraction ? split.test : split.train).push_back(static_cast<int64_t>(i));
  }
  return split;
}

}  // namespace image_folder
