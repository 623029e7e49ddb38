#include "runlog/annotations.hpp"

#include <algorithm>
#include <iterator>

#include "runlog/annotations_file.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/edit.hpp"
#include "runlog/hdf5_text.hpp"

namespace atelier::runlog {

namespace {

std::vector<std::string> read_texts(hid_t file, const char* name) {
  return hdf5::has_attribute(file, name) ? hdf5::read_texts_attribute(file, name) : std::vector<std::string>();
}

}  // namespace

std::vector<Note> read_notes(hid_t file) {
  std::vector<Note> notes;
  for (const std::string& line : read_texts(file, "notes")) {
    const size_t space = std::min(line.find(' '), line.size());
    notes.push_back({line.substr(0, space), line.substr(std::min(space + 1, line.size()))});
  }
  return notes;
}

std::vector<std::string> change_tags(const std::filesystem::path& log, const std::vector<std::string>& added,
                                     const std::vector<std::string>& removed) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  std::vector<std::string> tags;
  edit_log(log, "tagged", [&](hid_t file) {
    tags = read_texts(file, "tags");
    std::erase_if(tags, [&](const std::string& tag) { return has(removed, tag); });
    std::ranges::copy_if(added, std::back_inserter(tags), [&](const std::string& tag) { return !has(tags, tag); });
    hdf5::replace_attribute(file, "tags", tags);
  });
  return tags;
}

void add_note(const std::filesystem::path& log, const std::string& text) {
  edit_log(log, "given a note", [&](hid_t file) {
    std::vector<std::string> notes = read_texts(file, "notes");
    notes.push_back(utc_now() + " " + text);
    hdf5::replace_attribute(file, "notes", notes);
  });
}

}  // namespace atelier::runlog
