// A document of headed tables with sentences below them, for a terminal, for Markdown and for LaTeX.
#pragma once

#include <string>
#include <vector>

#include "base/terminal_table.hpp"

namespace atelier::compare {

struct Section {
  std::string heading;  // "" for none
  terminal::TextTable table{};
  std::vector<std::string> lines{};  // a sentence each
};

// As wide as the layout says: tables fold, sentences are wrapped.
std::string sections_text(const std::vector<Section>& sections, const terminal::Layout& layout);
// GitHub's tables. What Markdown would take for its own in names and values is escaped.
std::string sections_markdown(const std::vector<Section>& sections);
// A tabular of the package booktabs for each table, headings and sentences as comments. Escaped so that it compiles.
std::string sections_latex(const std::vector<Section>& sections);

// "231.41" beside a deviation of 0.81: as many decimals as two digits of the deviation have. Six digits where there is
// none; "–" for NaN.
std::string beside_deviation(double value, double deviation);

}  // namespace atelier::compare
