#include "folder.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "error.hpp"

namespace image_folder {
namespace {

namespace fs = std::filesystem;

constexpr std::array endings = {".png", ".jpg", ".jpeg"};

bool is_picture_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

fs::path find_folder(const std::vector<fs::path>& folders) {
  std::string searched;
  for (const fs::path& folder : folders) {
    std::error_code ignored;  // what cannot be looked at is not there
    if (fs::is_directory(folder, ignored)) {
      return folder;
    }
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  throw DataError("no such folder: " + searched +
                  "; expected a folder of PNG or JPEG files; hint: dataset.directory is relative to the experiment "
                  "file or in a data directory");
}

std::vector<File> find_files(const fs::path& folder) {
  std::vector<File> files;
  const auto options = fs::directory_options::follow_directory_symlink;
  for (auto entry = fs::recursive_directory_iterator(folder, options); entry != fs::recursive_directory_iterator();
       ++entry) {
    const fs::path& path = entry->path();
    if (path.filename().string().starts_with('.')) {  // among them what some systems put beside each picture
      entry.disable_recursion_pending();
    } else if (is_picture_name(path) && entry->is_regular_file()) {
      files.push_back({path.string(), path.lexically_relative(folder).generic_string()});
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

// The first level of the folders that a file is in; empty where it is in none.
std::string class_of(const File& file) {
  const size_t slash = file.name.find('/');
  return slash == std::string::npos ? "" : file.name.substr(0, slash);
}

}  // namespace

Listing list_pictures(const std::vector<fs::path>& folders) {
  const fs::path folder = find_folder(folders);
  Listing listing;
  try {
    listing.files = find_files(folder);
  } catch (const fs::filesystem_error& error) {
    throw DataError(folder.string() + ": cannot be listed: " + error.what() + "; expected a readable folder");
  }
  if (listing.files.empty()) {
    throw DataError(folder.string() + ": no pictures, expected files that end in .png, .jpg or .jpeg");
  }
  std::vector<std::string>& classes = listing.classes;
  for (const File& file : listing.files) {
    classes.push_back(class_of(file));
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  if (classes.front().empty() && classes.size() == 1) {
    classes.clear();
    return listing;
  }
  for (File& file : listing.files) {
    const std::string own = class_of(file);
    if (own.empty()) {
      throw DataError(file.path + ": a picture beside the folder " + classes[1] +
                      ", expected every picture in a folder, which is its class, or none");
    }
    file.label = std::lower_bound(classes.begin(), classes.end(), own) - classes.begin();
  }
  return listing;
}

}  // namespace image_folder
