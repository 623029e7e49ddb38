// Inside this room only: attributes, and datasets of text.
#pragma once

#include "base/sha256.hpp"
#include "runlog/hdf5.hpp"

namespace atelier::runlog::hdf5 {

// Attributes: scalars, and lists of strings. write_ makes the attribute, or overwrites one of the same type and
// extent.
void write_attribute(hid_t object, const char* name, const std::string& value);
void write_attribute(hid_t object, const char* name, int64_t value);
void write_attribute(hid_t object, const char* name, uint8_t value);
void write_attribute(hid_t object, const char* name, double value);
void write_attribute(hid_t object, const char* name, const std::vector<std::string>& values);
void write_attribute(hid_t object, const char* name, std::span<const uint8_t> values);
void write_attribute(hid_t object, const char* name, std::span<const int64_t> values);
// Makes it anew, of another length too.
void replace_attribute(hid_t object, const char* name, const std::vector<std::string>& values);
std::string read_text_attribute(hid_t object, const char* name);
int64_t read_integer_attribute(hid_t object, const char* name);
double read_number_attribute(hid_t object, const char* name);
std::vector<int64_t> read_integers_attribute(hid_t object, const char* name);
std::vector<std::string> read_texts_attribute(hid_t object, const char* name);
Sha256::Digest read_digest_attribute(hid_t object, const char* name);
bool has_attribute(hid_t object, const char* name);

// Variable-length UTF-8 strings: one, or a list.
void make_text(hid_t parent, const std::string& name, const std::string& text);
Handle make_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts);
std::string read_text(hid_t parent, const std::string& name);
std::vector<std::string> read_texts(hid_t parent, const std::string& name);

// The same in rows of `count` that are appended, from none on.
Handle make_growing_texts(hid_t parent, const std::string& name, int64_t count);
void resize_texts(hid_t dataset, int64_t rows);
void write_text_row(hid_t dataset, int64_t row, const std::vector<std::string>& texts);
std::vector<std::string> read_text_row(hid_t dataset, int64_t row);

}  // namespace atelier::runlog::hdf5
