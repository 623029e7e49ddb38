#include "folder.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

constexpr const char* train_images = "train-images-idx3-ubyte";
constexpr const char* train_labels = "train-labels-idx1-ubyte";
constexpr const char* test_images = "t10k-images-idx3-ubyte";
constexpr const char* test_labels = "t10k-labels-idx1-ubyte";

// The file, or with .gz, or by the name that it has inside the published .gz: train-images.idx3-ubyte. Empty where none
// is there.
fs::path find_file(const fs::path& folder, const std::string& file) {
  std::string inside = file;
  inside[file.find("-idx")] = '.';
  for (const std::string& name : {file, file + ".gz", inside, inside + ".gz"}) {
    std::error_code ignored;  // a folder that cannot be searched does not have the file
    if (fs::is_regular_file(folder / name, ignored)) {
      return folder / name;
    }
  }
  return {};
}

fs::path find_folder(const std::string& name, const std::vector<fs::path>& folders, const std::string& hint) {
  std::string searched;
  for (const fs::path& folder : folders) {
    if (!find_file(folder, train_images).empty()) {
      return folder;
    }
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  throw DataError(name + ": no " + train_images +
                  "[.gz] in any of: " + (searched.empty() ? "(nowhere to look)" : searched) + "; hint: " + hint);
}

std::string size_text(const Images& images) {
  return std::to_string(images.height) + " x " + std::to_string(images.width);
}

}  // namespace

Files read_folder(const std::string& name, const std::vector<fs::path>& folders, int classes, const std::string& hint) {
  const fs::path folder = find_folder(name, folders, hint);
  Files files;
  for (const char* file : {train_images, train_labels, test_images, test_labels}) {
    const fs::path path = find_file(folder, file);
    if (path.empty()) {
      std::string message = name + ": no ";
      message.append(file).append("[.gz] in ").append(folder.string()).append(", expected beside ");
      throw DataError(message.append(train_images).append("; hint: ").append(hint));
    }
    files.paths.push_back(path.string());
  }

  const auto read_part = [&](size_t first) -> Part {
    const std::string &image_path = files.paths[first], &label_path = files.paths[first + 1];
    Part part{read_images(image_path), read_labels(label_path, classes)};
    if (part.labels.size() != static_cast<size_t>(part.images.count)) {
      throw DataError(label_path + ": " + std::to_string(part.labels.size()) + " labels, expected " +
                      std::to_string(part.images.count) + ", one for each image of " + image_path + "; hint: " + hint);
    }
    return part;
  };
  files.train = read_part(0);
  files.test = read_part(2);
  if (files.test.images.height != files.train.images.height || files.test.images.width != files.train.images.width) {
    throw DataError(files.paths[2] + ": images of " + size_text(files.test.images) + ", expected " +
                    size_text(files.train.images) + " as in " + files.paths[0] + "; hint: " + hint);
  }
  return files;
}

}  // namespace mnist
