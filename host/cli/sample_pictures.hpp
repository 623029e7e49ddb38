// What a model has made, as pictures.
#pragma once

#include <string>
#include <vector>

#include "cli/sample.hpp"
#include "inference/neighbours.hpp"
#include "inference/samples.hpp"
#include "pictures/atlas.hpp"

namespace atelier::cli {

// The endings of files that can hold what is of this kind.
std::vector<std::string> endings_for(catalog::FieldKind kind, bool view);

// As images, one for each sample: a strip or a sequence is one image of its parts in a row. Throws Error(usage) for
// what is drawn in no picture.
pictures::ImageStack cells_of(const inference::Samples& samples);

// The request's file, .png or .gif: a strip a row, or a near-square grid; animated, a grid of the strips' images, one
// after the other. `title` stands above labels.
void write_picture(const inference::Samples& samples, const SampleRequest& request, const std::string& title);

// Each sample beside the training samples that are nearest to it.
pictures::Atlas with_neighbours(const inference::Samples& samples, const inference::Neighbours& found,
                                const std::string& title);
// How near samples are to training samples, beside how near these are to each other.
std::vector<std::string> sentences_of(const inference::Neighbours& found);

}  // namespace atelier::cli
