// What a run has logged of what its model made, as files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "runlog/reader.hpp"

namespace atelier::cli {

// Of each step, or of one alone, in a folder for each series of samples, each step of it by its number: of images a PNG
// file for each, in a folder ("generated/step-00000400/07.png"); of sequences of images likewise, the images of each
// side by side; of text, one .txt; of signals a .csv and, where their rate is known, a .wav; of tables and numbers, one
// .csv ("generated/step-00000400.csv"). Files of these names are written anew. Returns what was written, in words.
// Throws Error(file), and Error(usage) for a step that has no samples.
std::string export_samples(const runlog::Reader& log, const std::filesystem::path& folder, std::optional<int64_t> step);

}  // namespace atelier::cli
