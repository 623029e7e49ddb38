// What a model has made, in the formats of files other than pictures.
#pragma once

#include <string>

#include "inference/samples.hpp"

namespace atelier::cli {

// Of tokens: one text as it is; several under a line each that says which it is.
std::string text_of(const inference::Samples& samples);

// Of signals, a row for each moment; of rows of tables and of numbers, one for each of them. What is no sample's own
// name or number begins the row: which sample it is of, or which strip and which of its elements.
std::string csv_of(const inference::Samples& samples);

// Of signals: a WAV file of 16-bit samples, one signal after the other. The middle of the data's range is silent, and
// its ends are as loud as can be. Throws Error(usage) where their rate is not known.
std::string wav_of(const inference::Samples& samples);

}  // namespace atelier::cli
