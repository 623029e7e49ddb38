// Where a value of an experiment was given.
#pragma once

#include <compare>
#include <string>

namespace atelier::experiment {

// In the file (line and column count from 1), in an override of the command line, or nowhere: a default.
struct Place {
  std::string file;
  int line = 0, column = 0;
  std::string override_text;  // "model.latent=10"
  int override_index = 0;     // its position among the overrides, from 1; 0 for a place in the file

  [[nodiscard]] bool given() const { return line > 0 || override_index > 0; }

  // "vae.toml:12:3", `<override "model.latent=10">` or "default".
  [[nodiscard]] std::string text() const;
};

// The order of a report: the file from top to bottom, then the overrides from left to right.
std::strong_ordering operator<=>(const Place& a, const Place& b);
bool operator==(const Place& a, const Place& b);

}  // namespace atelier::experiment
