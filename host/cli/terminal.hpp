// Standard output and standard error, which are written here alone. Output is what was asked for; messages and progress
// are all else.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"

namespace atelier::cli {

// To standard output, as terminal::shown_lines makes it: nothing in it acts on the terminal but our own emphasis. A
// failure to write it is found by flush_output().
void print(const std::string& text);
void print_json(const std::string& json);  // the same JSON

// Throws Error(file) where standard output could not be written (a full disk, a closed pipe).
void flush_output();

// One line to standard error, whatever names in it hold.
void print_message(const std::string& line);
// On a terminal: a line that the next one of these overwrites.
void redraw_message(const std::string& line);
void clear_message();
// The same of several lines, of fewer columns than the terminal has; it may have become narrower or wider since.
void redraw_messages(const std::vector<std::string>& lines);
void clear_messages();

// Of standard output: as wide as the terminal, or as COLUMNS says, or without limit where the output goes elsewhere.
terminal::Layout output_layout();

// Of standard error.
bool messages_on_terminal();  // one that can redraw a line
bool messages_in_colour();    // a terminal, and NO_COLOR is not set
size_t message_columns();
size_t message_rows();

}  // namespace atelier::cli
