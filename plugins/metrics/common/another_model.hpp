// For the help of a metric's setting `from`: where the other model that it sees by may come from.
#pragma once

#define ANOTHER_MODEL                                                                             \
  "another run's model, by its experiment's name or a log's path, or weights: FILE.safetensors, " \
  "extractor:NAME"
