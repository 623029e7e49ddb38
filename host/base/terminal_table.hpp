// Tables of text: aligned for a terminal, or as comma-separated values.
#pragma once

#include <string>
#include <vector>

#include "base/terminal_text.hpp"

namespace atelier::terminal {

enum class Align { left, right };

struct Column {
  std::string heading;
  Align align = Align::left;
  bool wraps = false;  // a text that is too wide goes on below, instead of being cut
};

struct Cell {
  std::string text;
  Emphasis emphasis = Emphasis::none;
};

struct TextTable {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // as many cells as columns

  void add(std::vector<Cell> row);
};

// Lines that end in '\n': headings, then the rows, two spaces between columns. Where that is wider than the layout, the
// columns are laid out in blocks below each other, and every block begins with the first `repeated` columns. A column
// that is too wide even alone is shortened, or goes on below.
std::string to_text(const TextTable& table, const Layout& layout, size_t repeated = 1);

// One record of comma-separated values (RFC 4180): quoted where it has to be, ends in "\n".
std::string csv_record(const std::vector<std::string>& fields);

}  // namespace atelier::terminal
