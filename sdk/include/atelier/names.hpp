// Things that are chosen by their names, by the author or by an experiment, and what is said of a name that nothing
// has.
#pragma once

#include <algorithm>
#include <atelier/core.hpp>

namespace atelier {

namespace detail {

// See activate().
ATELIER_OWN inline constexpr const char* activation_names[] = {"relu",     "leaky_relu", "elu",     "gelu",
                                                               "softplus", "tanh",       "sigmoid", "none"};
// See Initializer::named().
ATELIER_OWN inline constexpr const char* initializer_names[] = {"glorot_uniform", "glorot_normal", "he_uniform",
                                                                "he_normal",      "orthogonal",    "normal"};
// See RecurrentCell.
ATELIER_OWN inline constexpr const char* recurrent_initializer_names[] = {
    "uniform", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal", "normal"};

// How many letters have to be changed, added, left out, or swapped with the next one.
inline size_t typing_errors(std::string_view from, std::string_view to) {
  std::vector<std::vector<size_t>> errors(from.size() + 1, std::vector<size_t>(to.size() + 1));
  for (size_t i = 0; i <= from.size(); ++i) {
    for (size_t j = 0; j <= to.size(); ++j) {
      if (i == 0 || j == 0) {
        errors[i][j] = i + j;
        continue;
      }
      const size_t changed = errors[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      errors[i][j] = std::min({errors[i - 1][j] + 1, errors[i][j - 1] + 1, changed});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        errors[i][j] = std::min(errors[i][j], errors[i - 2][j - 2] + 1);
      }
    }
  }
  return errors[from.size()][to.size()];
}

// "got the activation 'rely', expected relu, tanh or none; did you mean 'relu'?", or "" for one of the names.
template <size_t count>
std::string unknown_name(std::string_view what, std::string_view found, const char* const (&names)[count]) {
  size_t fewest = std::max<size_t>(found.size() / 3, 1) + 1;  // from here on it is another word
  std::string expected, nearest;
  for (const char* name : names) {
    const size_t errors = typing_errors(found, name);
    if (errors == 0) {
      return {};
    }
    expected += expected.empty() ? "" : name == names[count - 1] ? " or " : ", ";
    expected += name;
    if (errors < fewest) {
      fewest = errors;
      nearest = name;
    }
  }
  return "got the " + std::string(what) + " '" + std::string(found) + "', expected " + expected +
         (nearest.empty() ? "" : "; did you mean '" + nearest + "'?");
}

}  // namespace detail

}  // namespace atelier
