#include "compare/section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "base/printable.hpp"

namespace atelier::compare {
namespace {

using terminal::Align;
using terminal::TextTable;

std::string replaced(std::string_view text, const std::vector<std::pair<std::string_view, std::string_view>>& by) {
  std::string out;
  while (!text.empty()) {
    const auto found = std::ranges::find_if(by, [&](const auto& one) { return text.starts_with(one.first); });
    out += found == by.end() ? text.substr(0, 1) : found->second;
    text.remove_prefix(found == by.end() ? 1 : found->first.size());
  }
  return out;
}

std::string in_markdown(const std::string& text) {
  static const std::vector<std::pair<std::string_view, std::string_view>> escapes{
      {"\\", "\\\\"}, {"|", "\\|"}, {"`", "\\`"}, {"*", "\\*"},  {"_", "\\_"},  {"[", "\\["},
      {"]", "\\]"},   {"~", "\\~"}, {"#", "\\#"}, {"<", "&lt;"}, {">", "&gt;"}, {"&", "&amp;"}};
  return replaced(printable(text), escapes);
}

std::string in_latex(const std::string& text) {
  static const std::vector<std::pair<std::string_view, std::string_view>> escapes{{"\\", "\\textbackslash{}"},
                                                                                  {"{", "\\{"},
                                                                                  {"}", "\\}"},
                                                                                  {"$", "\\$"},
                                                                                  {"&", "\\&"},
                                                                                  {"%", "\\%"},
                                                                                  {"#", "\\#"},
                                                                                  {"_", "\\_"},
                                                                                  {"~", "\\textasciitilde{}"},
                                                                                  {"^", "\\textasciicircum{}"},
                                                                                  {"<", "\\textless{}"},
                                                                                  {">", "\\textgreater{}"},
                                                                                  {"|", "\\textbar{}"},
                                                                                  {"\"", "\\textquotedbl{}"},
                                                                                  {"±", "$\\pm$"},
                                                                                  {"−", "$-$"},
                                                                                  {"–", "--"},
                                                                                  {"…", "\\ldots{}"}};
  return replaced(printable(text), escapes);
}

// Numbers have a minus, not a hyphen: one that stands before a digit and behind nothing, a space or a bracket.
std::string latex_cell(const std::string& text) {
  std::string with_minus;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = i == 0 || text[i - 1] == ' ' || text[i - 1] == '[';
    const bool of_number = i + 1 < text.size() && ((text[i + 1] >= '0' && text[i + 1] <= '9') || text[i + 1] == '.');
    with_minus += text[i] == '-' && begins && of_number ? "−" : text.substr(i, 1);
  }
  return in_latex(with_minus);
}

template <typename Shown>
std::vector<std::string> shown_cells(const std::vector<terminal::Cell>& row, const Shown& shown) {
  std::vector<std::string> cells;
  std::ranges::transform(row, std::back_inserter(cells), [&](const terminal::Cell& cell) { return shown(cell.text); });
  return cells;
}

std::vector<std::string> headings(const TextTable& table, std::string (*shown)(const std::string&)) {
  std::vector<std::string> texts;
  std::ranges::transform(table.columns, std::back_inserter(texts),
                         [&](const terminal::Column& column) { return shown(column.heading); });
  return texts;
}

std::string markdown_row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string markdown_table(const TextTable& table) {
  std::vector<std::string> rule;
  std::ranges::transform(table.columns, std::back_inserter(rule),
                         [](const terminal::Column& column) { return column.align == Align::right ? "---:" : "---"; });
  std::string text = markdown_row(headings(table, in_markdown)) + markdown_row(rule);
  for (const auto& row : table.rows) {
    text += markdown_row(shown_cells(row, in_markdown));
  }
  return text;
}

std::string latex_row(const std::vector<std::string>& cells) {
  // A bracket or a star behind the end of the row before would be that end's argument.
  const bool is_argument = !cells.empty() && (cells.front().starts_with('[') || cells.front().starts_with('*'));
  return fmt::format("  {}{} \\\\\n", is_argument ? "{}" : "", fmt::join(cells, " & "));
}

std::string latex_table(const TextTable& table) {
  std::string columns;
  for (const terminal::Column& column : table.columns) {
    columns += column.align == Align::right ? 'r' : 'l';
  }
  std::string text = fmt::format("\\begin{{tabular}}{{{}}}\n  \\toprule\n{}  \\midrule\n", columns,
                                 latex_row(headings(table, in_latex)));
  for (const auto& row : table.rows) {
    text += latex_row(shown_cells(row, latex_cell));
  }
  return text + "  \\bottomrule\n\\end{tabular}\n";
}

}  // namespace

std::string sections_text(const std::vector<Section>& sections, const terminal::Layout& layout) {
  std::string text;
  for (const Section& section : sections) {
    if (!section.heading.empty()) {
      text += fmt::format("{}{}\n", text.empty() ? "" : "\n",
                          terminal::emphasized(section.heading, terminal::Emphasis::strong, layout.colour));
    } else if (!text.empty() && !section.lines.empty()) {
      text += "\n";
    }
    text += section.table.rows.empty() ? "" : to_text(section.table, layout);
    for (const std::string& line : section.lines) {
      text += terminal::wrapped(printable(line), layout.width, 0) + "\n";
    }
  }
  return text;
}

std::string sections_markdown(const std::vector<Section>& sections) {
  std::string text;
  for (const Section& section : sections) {
    const auto begin_part = [&] { text += text.empty() ? "" : "\n"; };
    if (!section.heading.empty()) {
      begin_part();
      text += fmt::format("### {}\n", in_markdown(section.heading));
    }
    if (!section.table.rows.empty()) {
      begin_part();
      text += markdown_table(section.table);
    }
    for (const std::string& line : section.lines) {
      begin_part();
      text += in_markdown(line) + "\n";
    }
  }
  return text;
}

std::string sections_latex(const std::vector<Section>& sections) {
  std::string text = "% needs \\usepackage{booktabs}\n";
  for (const Section& section : sections) {
    text += section.heading.empty() ? "" : fmt::format("\n% {}\n", printable(section.heading));
    text += section.table.rows.empty() ? "" : latex_table(section.table);
    for (const std::string& line : section.lines) {
      text += fmt::format("% {}\n", printable(line));
    }
  }
  return text;
}

std::string beside_deviation(double value, double deviation) {
  constexpr double most = 1e7;
  constexpr int most_decimals = 8;
  if (!std::isfinite(value) || !std::isfinite(deviation) || deviation <= 0 || std::abs(value) >= most) {
    return terminal::number_text(value);
  }
  const int decimals = 1 - static_cast<int>(std::floor(std::log10(deviation)));
  return decimals > most_decimals ? terminal::number_text(value) : fmt::format("{:.{}f}", value, std::max(decimals, 0));
}

}  // namespace atelier::compare
