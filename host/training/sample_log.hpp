// What a model makes while it is trained, on its way into the log.
#pragma once

#include "inference/samples.hpp"
#include "runlog/writer.hpp"

namespace atelier::training {

// Of so many samples like this field, each of this shape: /samples/generated.
runlog::SampleSeries series_of(const catalog::FieldSpec& like, const tensor::Shape& dims, int64_t count);

// Throws Error(plugin) for samples of another shape than the series': all that a log will hold is made when it begins.
void write_samples(runlog::Writer& writer, const runlog::SampleSeries& series, int64_t step,
                   const inference::Samples& samples);

}  // namespace atelier::training
