// Standard output and standard error. Output is what was asked for; messages and progress are all else.
#pragma once

#include <cstddef>
#include <string>

#include "base/terminal_text.hpp"

namespace atelier::cli {

// To standard output. A failure to write it is found by flush_output().
void print(const std::string& text);

// Throws Error(file) where standard output could not be written (a full disk, a closed pipe).
void flush_output();

// A line to standard error.
void print_message(const std::string& line);

// Of standard output: as wide as the terminal, or as COLUMNS says, or without limit where the output goes elsewhere.
terminal::Layout output_layout();

// Of standard error.
bool messages_on_terminal();  // one that can redraw a line
bool messages_in_colour();    // a terminal, and NO_COLOR is not set
size_t message_columns();

}  // namespace atelier::cli
