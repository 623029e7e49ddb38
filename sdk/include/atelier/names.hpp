// Things that are chosen by their names, by the author or by an experiment, and what is said of a name that nothing
// has.
#pragma once

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
ATELIER_ONCE inline size_t typing_errors(std::string_view from, std::string_view to) {
  const size_t width = to.size() + 1;
  std::vector<size_t> errors((from.size() + 1) * width);
  for (size_t i = 0; i <= from.size(); ++i) {
    for (size_t j = 0; j <= to.size(); ++j) {
      size_t* const here = &errors[i * width + j];
      if (i == 0 || j == 0) {
        *here = i + j;
        continue;
      }
      const auto at_most = [here](size_t count) { *here = count < *here ? count : *here; };
      *here = *(here - width - 1) + (from[i - 1] == to[j - 1] ? 0 : 1);
      at_most(*(here - width) + 1);
      at_most(*(here - 1) + 1);
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        at_most(*(here - 2 * width - 2) + 1);
      }
    }
  }
  return errors.back();
}

// "got the activation 'rely', expected relu, tanh or none; did you mean 'relu'?", or "" for one of the names.
ATELIER_ONCE inline std::string unknown_name(std::string_view what, std::string_view found, const char* const* names,
                                             size_t count) {
  size_t fewest = (found.size() < 3 ? 1 : found.size() / 3) + 1;  // from here on it is another word
  std::string expected, nearest;
  for (size_t i = 0; i < count; ++i) {
    const char* const name = names[i];
    const size_t errors = typing_errors(found, name);
    if (errors == 0) {
      return {};
    }
    expected += expected.empty() ? "" : i + 1 == count ? " or " : ", ";
    expected += name;
    if (errors < fewest) {
      fewest = errors;
      nearest = name;
    }
  }
  std::string out = "got the ";
  for (const std::string_view part :
       {what, std::string_view(" '"), found, std::string_view("', expected "), std::string_view(expected)}) {
    out += part;
  }
  if (!nearest.empty()) {
    out.append("; did you mean '").append(nearest).append("'?");
  }
  return out;
}

template <size_t count>
std::string unknown_name(std::string_view what, std::string_view found, const char* const (&names)[count]) {
  return unknown_name(what, found, names, count);
}

}  // namespace detail

}  // namespace atelier
