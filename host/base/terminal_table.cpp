#include "base/terminal_table.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/printable.hpp"

namespace atelier::terminal {
namespace {

constexpr size_t gap = 2;  // spaces between columns

// Of what comes from outside, a cell takes one line.
TextTable printable_of(TextTable table) {
  for (Column& column : table.columns) {
    column.heading = printable(column.heading);
  }
  for (std::vector<Cell>& row : table.rows) {
    for (Cell& cell : row) {
      cell.text = printable(cell.text);
    }
  }
  return table;
}

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

// One line, or as many as the cell with the longest text takes.
std::string lines_of(const TextTable& table, const std::vector<Cell>& cells, const std::vector<size_t>& block,
                     const std::vector<size_t>& widths, bool colour) {
  std::vector<std::vector<std::string>> texts;
  size_t height = 1;
  for (const size_t c : block) {
    texts.push_back(table.columns[c].wraps ? wrapped_lines(cells[c].text, widths[c]) : std::vector{cells[c].text});
    height = std::max(height, texts.back().size());
  }
  std::string lines;
  for (size_t k = 0; k < height; ++k) {
    std::string line;
    for (size_t i = 0; i < block.size(); ++i) {
      const size_t c = block[i];
      const Cell cell{k < texts[i].size() ? texts[i][k] : "", cells[c].emphasis};
      line += (i == 0 ? "" : std::string(gap, ' '));
      line += aligned(cell, table.columns[c], widths[c], colour && !cell.text.empty(), i + 1 == block.size());
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines += line + "\n";
  }
  return lines;
}

// What a column needs at least: of one that wraps, some words' width.
std::vector<size_t> least_of(const TextTable& table, std::vector<size_t> natural) {
  constexpr size_t some_words = 24;
  for (size_t c = 0; c < natural.size(); ++c) {
    natural[c] = table.columns[c].wraps ? std::min(natural[c], some_words) : natural[c];
  }
  return natural;
}

// In a block: what is left of the line goes to columns that wrap; where it is too short, the last column is narrower.
std::vector<size_t> fitted(std::vector<size_t> widths, const std::vector<size_t>& natural,
                           const std::vector<size_t>& block, size_t width) {
  size_t taken = gap * (block.size() - 1);
  for (const size_t c : block) {
    taken += widths[c];
  }
  for (size_t i = block.size(); i-- > 0;) {  // the last is usually the longest
    const size_t c = block[i];
    const size_t more =
        std::min(natural[c] - widths[c], width == 0 ? std::string::npos : width - std::min(width, taken));
    widths[c] += more;
    taken += more;
  }
  constexpr size_t least = 8;  // where not even that is left, the line is too long rather than empty
  if (width > 0 && taken > width) {
    size_t& last = widths[block.back()];
    last = std::min(last, std::max(least, last - std::min(last, taken - width)));
  }
  return widths;
}

}  // namespace

void TextTable::add(std::vector<Cell> row) {
  ATELIER_CHECK(row.size() == columns.size());
  rows.push_back(std::move(row));
}

std::string to_text(const TextTable& given, const Layout& layout, size_t repeated) {
  const TextTable table = printable_of(given);
  const std::vector<size_t> natural = widths_of(table);
  std::vector<Cell> headings;
  for (const auto& column : table.columns) {
    headings.push_back({column.heading, Emphasis::strong});
  }
  const bool has_headings = std::ranges::any_of(table.columns, [](const Column& c) { return !c.heading.empty(); });
  std::string text;
  const std::vector<size_t> least = least_of(table, natural);
  for (const auto& block : blocks_of(least, layout.width, repeated)) {
    const std::vector<size_t> widths = fitted(least, natural, block, layout.width);
    text += text.empty() ? "" : "\n";
    if (has_headings) {
      text += lines_of(table, headings, block, widths, layout.colour);
    }
    for (const auto& row : table.rows) {
      text += lines_of(table, row, block, widths, layout.colour);
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
