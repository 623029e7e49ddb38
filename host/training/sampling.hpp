// Images that a model makes.
#pragma once

#include <cstdint>

#include "graph/session.hpp"

namespace atelier::training {

// Images are made so many at a time, always, so that an image's bits do not depend on how many are asked for.
constexpr int64_t sampling_chunk = 64;

// The place of the first `count` rows of a value.
uint32_t first_rows(graph::Session& session, uint32_t value, int64_t count);

}  // namespace atelier::training
