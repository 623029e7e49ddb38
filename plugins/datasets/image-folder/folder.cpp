#include "folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

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

int64_t nanoseconds_of(const timespec& time) {
  constexpr int64_t billion = 1'000'000'000;
  return time.tv_sec * billion + time.tv_nsec;
}

// Walks through a folder, and all folders that it leads to.
class Walk {
 public:
  explicit Walk(const fs::path& root) : root_(root) { enter(root, ""); }

  std::vector<File> take_files() {
    if (!problems_.empty()) {
      throw DataError(list_problems(problems_, entries_, "folders and pictures of " + root_.string()));
    }
    std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.name < b.name; });
    return std::move(files_);
  }

 private:
  // `begin`: of the names of what is in the folder, "cats/".
  void enter(const fs::path& folder, const std::string& begin) {
    if (!is_new(folder, "folder")) {
      return;
    }
    std::vector<std::pair<std::string, fs::directory_entry>> entries;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      entries.emplace_back(entry.path().filename().string(), entry);
    }
    // So that what is said does not depend on the file system's order.
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [name, entry] : entries) {
      if (!name.starts_with('.')) {  // as what some systems put beside each picture
        look_at(entry, begin + name);
      }
    }
  }

  void look_at(const fs::directory_entry& entry, const std::string& name) {
    const fs::path& path = entry.path();
    std::error_code ignored;  // a link that goes around in circles leads nowhere
    if (entry.is_symlink() && !entry.exists(ignored)) {
      ++entries_;
      problems_.push_back(path.string() +
                          ": a link that leads nowhere, expected one to a folder or a picture; hint: "
                          "remove it");
    } else if (entry.is_directory()) {
      enter(path, name + '/');
    } else if (is_picture_name(path) && !entry.is_regular_file()) {
      ++entries_;
      problems_.push_back(path.string() + ": neither a file nor a folder, expected a picture; hint: remove it");
    } else if (is_picture_name(path)) {
      if (const std::optional<Stamp> stamp = is_new(path, "picture")) {
        files_.push_back({path.string(), name, *stamp});
      }
    }
  }

  // By what the file system tells things apart, whatever their names.
  std::optional<Stamp> is_new(const fs::path& path, const char* kind) {
    ++entries_;
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
      throw fs::filesystem_error("cannot be looked at", path, {errno, std::generic_category()});
    }
    const auto [first, added] = seen_.try_emplace({found.st_dev, found.st_ino}, path.string());
    if (!added) {
      problems_.push_back(path.string() + ": the same " + kind + " as " + first->second + ", expected each " + kind +
                          " once; hint: remove " + (fs::is_symlink(path) ? "the link" : "one of the two names"));
    }
    return added ? std::optional(to_stamp(found)) : std::nullopt;
  }

  fs::path root_;
  std::vector<File> files_;
  std::map<std::pair<dev_t, ino_t>, std::string> seen_;
  size_t entries_ = 0;
  std::vector<std::string> problems_;
};

// The first level of the folders that a file is in; empty where it is in none.
std::string class_of(const File& file) {
  const size_t slash = file.name.find('/');
  return slash == std::string::npos ? "" : file.name.substr(0, slash);
}

}  // namespace

std::string Stamp::text() const {
  std::string out;
  for (const uint64_t number : {device, inode, size, static_cast<uint64_t>(modified), static_cast<uint64_t>(changed)}) {
    out += std::to_string(number) + ' ';
  }
  return out;
}

Stamp to_stamp(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size), nanoseconds_of(status.st_mtim),
          nanoseconds_of(status.st_ctim)};
}

Listing list_pictures(const std::vector<fs::path>& folders) {
  const fs::path folder = find_folder(folders);
  Listing listing;
  try {
    listing.files = Walk(folder).take_files();
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
