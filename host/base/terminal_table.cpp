#include "base/terminal_table.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace atelier::terminal {
namespace {

constexpr size_t gap = 2;  // spaces between columns

std::vector<size_t> widths_of(const TextTable& table) {
  std::vector<size_t> widths;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    widths.push_back(columns_of(table.columns[c].heading));
    for (const auto& row : table.rows) {
      widths[c] = std::max(widths[c], columns_of(row[c].text));
    }
  }
  return widths;
}

// The columns of each block.
std::vector<std::vector<size_t>> blocks_of(const std::vector<size_t>& widths, size_t width, size_t repeated) {
  std::vector<size_t> first;
  size_t first_width = 0;
  for (size_t c = 0; c < std::min(repeated, widths.size()); ++c) {
    first.push_back(c);
    first_width += widths[c] + gap;
  }
  std::vector<std::vector<size_t>> blocks{first};
  size_t taken = first_width;
  for (size_t c = first.size(); c < widths.size(); ++c) {
    if (width > 0 && taken + widths[c] > width && blocks.back().size() > first.size()) {
      blocks.push_back(first);
      taken = first_width;
    }
    blocks.back().push_back(c);
    taken += widths[c] + gap;
  }
  return blocks;
}

std::string aligned(const Cell& cell, const Column& column, size_t width, bool colour, bool last) {
  const std::string text = shortened(cell.text, width);
  const std::string padding(width - columns_of(text), ' ');
  const std::string shown = emphasized(text, cell.emphasis, colour);
  if (column.align == Align::right) {
    return padding + shown;
  }
  return last ? shown : shown + padding;
}

std::string line_of(const TextTable& table, const std::vector<Cell>& cells, const std::vector<size_t>& block,
                    const std::vector<size_t>& widths, bool colour) {
  std::string line;
  for (size_t i = 0; i < block.size(); ++i) {
    const size_t c = block[i];
    line += (i == 0 ? "" : std::string(gap, ' '));
    line += aligned(cells[c], table.columns[c], widths[c], colour, i + 1 == block.size());
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

// Shortens the last column of a block to what is left of the line.
std::vector<size_t> fitted(std::vector<size_t> widths, const std::vector<size_t>& block, size_t width) {
  size_t before = 0;
  for (size_t i = 0; i + 1 < block.size(); ++i) {
    before += widths[block[i]] + gap;
  }
  constexpr size_t least = 8;  // where not even that is left, the line is too long rather than empty
  if (width > 0 && !block.empty() && before + widths[block.back()] > width) {
    widths[block.back()] = std::min(widths[block.back()], std::max(least, width - std::min(width, before)));
  }
  return widths;
}

}  // namespace

void TextTable::add(std::vector<Cell> row) {
  ATELIER_CHECK(row.size() == columns.size());
  rows.push_back(std::move(row));
}

std::string to_text(const TextTable& table, const Layout& layout, size_t repeated) {
  const std::vector<size_t> natural = widths_of(table);
  std::vector<Cell> headings;
  for (const auto& column : table.columns) {
    headings.push_back({column.heading, Emphasis::strong});
  }
  const bool has_headings = std::ranges::any_of(table.columns, [](const Column& c) { return !c.heading.empty(); });
  std::string text;
  for (const auto& block : blocks_of(natural, layout.width, repeated)) {
    const std::vector<size_t> widths = fitted(natural, block, layout.width);
    text += text.empty() ? "" : "\n";
    if (has_headings) {
      text += line_of(table, headings, block, widths, layout.colour);
    }
    for (const auto& row : table.rows) {
      text += line_of(table, row, block, widths, layout.colour);
    }
  }
  return text;
}

std::string csv_record(const std::vector<std::string>& fields) {
  std::string record;
  for (size_t i = 0; i < fields.size(); ++i) {
    record += i == 0 ? "" : ",";
    if (fields[i].find_first_of(",\"\r\n") == std::string::npos) {
      record += fields[i];
      continue;
    }
    record += '"';
    for (const char c : fields[i]) {
      record += c == '"' ? "\"\"" : std::string(1, c);
    }
    record += '"';
  }
  return record + "\n";
}

}  // namespace atelier::terminal
