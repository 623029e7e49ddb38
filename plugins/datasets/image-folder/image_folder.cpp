// The PNG and JPEG files of a folder, scaled to one size; nested folders are classes.
#include <algorithm>
#include <atelier/dataset.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "error.hpp"
#include "folder.hpp"
#include "kept.hpp"
#include "load.hpp"
#include "split.hpp"

namespace {

using namespace atelier;
namespace fs = std::filesystem;

// A setting that cannot be; what() is the message.
struct SettingError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

image_folder::Fit fit_of(const std::string& text) {
  return text == "pad"       ? image_folder::Fit::pad
         : text == "stretch" ? image_folder::Fit::stretch
                             : image_folder::Fit::crop;
}

std::array<uint8_t, 3> colour_of(const std::string& text) {
  if (text.size() != 7 || text[0] != '#' || text.find_first_not_of("0123456789abcdefABCDEF", 1) != std::string::npos) {
    throw SettingError("background is '" + text +
                       "', expected # and six hexadecimal digits, two each of red, green and blue; hint: '#ffffff' is "
                       "white");
  }
  const unsigned long value = std::stoul(text.substr(1), nullptr, 16);
  return {static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

image_folder::Shape shape_of(const Settings& settings) {
  const int64_t channels = settings.integer("channels");
  if (channels == 2) {
    throw SettingError("channels is 2, expected 1 or 3; hint: 1 is grey, 3 is colour");
  }
  return {fit_of(settings.text("fit")), settings.integer("size"), channels, colour_of(settings.text("background"))};
}

// Holds all pictures as bytes; a read turns one into floats.
class ImageFolder final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary =
        "Pictures of your own: the PNG and JPEG files of a folder, scaled to one size; nested folders are classes.";
    d.text("directory", "",
           "the folder, relative to the experiment file or in a data directory; links are followed, and one that leads "
           "nowhere or to what is there already is refused")
        .required();
    d.integer("size", 64, "height and width in pixels, of the picture turned upright as its EXIF orientation says")
        .range(1, 1024);
    d.integer("channels", 3, "1: grey, 3: colour").range(1, 3);
    d.text("fit", "crop", "how a picture becomes square: cut off, filled up with background, or distorted")
        .choices({"crop", "pad", "stretch"});
    d.text("background", "#ffffff", "what shows through where a picture is transparent, and beside it");
    d.number("test_fraction", 0.1, "share of the groups of files that are test samples").range(0, 1);
    d.text("group_pattern", "",
           "regular expression (of RE2) on a file's name without its ending; files with equal first captures, or whole "
           "matches, "
           "stay on one side of a split; empty: each file by itself");
    d.integer("seed", 0, "other seeds split differently");
    d.text("unreadable", "refuse",
           "pictures that cannot be read: the data is refused, or they are left out and counted")
        .choices({"refuse", "leave-out"});
    d.text(
         "cache", "memory",
         "where decoded pictures are kept: in this run's memory, or in a file below ~/.cache/atelier, which later runs "
         "find as long as the pictures are the same")
        .choices({"memory", "file"});
  }

  ImageFolder(const Settings& settings, const Environment& environment) {
    try {
      load(settings, environment);
    } catch (const SettingError& error) {
      settings.fail(error.what());
    } catch (const image_folder::PatternError& error) {
      settings.fail(error.what());
    } catch (const image_folder::DataError& error) {
      environment.fail(error.what());
    }
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const std::vector<int64_t>& side = split == Split::train ? split_.train : split_.test;
    const auto count = static_cast<int64_t>(side.size());
    if (index < 0 || index >= count) {
      sample.fail("index " + std::to_string(index) + ", expected 0 to " + std::to_string(count - 1));
      return;
    }
    const int64_t file = side[static_cast<size_t>(index)];
    const int64_t elements = shape_.channels * shape_.size * shape_.size;
    const uint8_t* const pixels = pixels_.data() + file * elements;
    std::transform(pixels, pixels + elements, sample.reals(0),
                   [](uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
    if (!labels_.empty()) {
      *sample.integers(1) = labels_[static_cast<size_t>(file)];
    }
  }

  int64_t group(int64_t index) const override {
    return split_.groups[static_cast<size_t>(split_.train[static_cast<size_t>(index)])];
  }

 private:
  static std::vector<fs::path> folders(const std::string& directory, const Environment& environment) {
    std::vector<fs::path> out = {(fs::path(environment.base_directory()) / directory).lexically_normal()};
    for (const std::string& data : environment.data_directories()) {
      out.push_back(fs::path(data) / directory);
    }
    if (fs::path(directory).is_absolute()) {
      out.resize(1);
    }
    return out;
  }

  void load(const Settings& settings, const Environment& environment) {
    shape_ = shape_of(settings);
    const std::string directory = settings.text("directory");
    const image_folder::Pattern pattern(settings.text("group_pattern"));
    image_folder::Listing listing = image_folder::list_pictures(folders(directory, environment));
    image_folder::Loaded loaded = load_pictures(listing.files, settings.text("cache") == "file");
    tell_failures(loaded, listing.files.size(), settings.text("unreadable") == "refuse");
    listing.files = std::move(loaded.files);
    pixels_ = std::move(loaded.pixels);
    split_ = image_folder::split_files(listing.files, pattern, settings.number("test_fraction"),
                                       static_cast<uint64_t>(settings.integer("seed")));
    check_split(directory, settings.number("test_fraction"));
    describe_data(listing);
  }

  [[nodiscard]] image_folder::Loaded load_pictures(const std::vector<image_folder::File>& all, bool in_file) const {
    if (in_file) {
      const image_folder::KeptPictures kept(all, shape_);
      std::optional<image_folder::Loaded> found = kept.load();
      return found ? *std::move(found) : kept.make();
    }
    const int64_t elements = shape_.channels * shape_.size * shape_.size;
    return image_folder::load_pictures(all, shape_, image_folder::Pixels(all.size() * static_cast<size_t>(elements)));
  }

  static void tell_failures(const image_folder::Loaded& loaded, size_t all, bool refuse) {
    if (loaded.failures.empty()) {
      return;
    }
    const std::string problems = image_folder::list_problems(loaded.failures, all, "pictures cannot be read");
    if (refuse || loaded.files.empty()) {
      throw image_folder::DataError(problems + "; hint: replace or remove what is named" +
                                    (loaded.files.empty() ? "" : ", or unreadable = \"leave-out\" goes on without"));
    }
    inform("image-folder: left out, as unreadable is \"leave-out\": " +
           (loaded.failures.size() > 1 ? problems : "1 of " + std::to_string(all) + " pictures: " + problems));
  }

  void check_split(const std::string& directory, double test_fraction) const {
    const std::string all = std::to_string(split_.groups.size()) + " pictures of " + directory;
    if (split_.train.empty()) {
      throw image_folder::DataError("all " + all +
                                    " are test samples, expected some to train; hint: lower test_fraction, "
                                    "or have group_pattern make more groups");
    }
    if (split_.test.empty() && test_fraction > 0) {
      std::ostringstream fraction;
      fraction << test_fraction;
      throw image_folder::DataError("test_fraction = " + fraction.str() + " makes none of the " + all +
                                    " a test sample, expected at least one; hint: raise it, try another seed, or "
                                    "test_fraction = 0 goes without");
    }
  }

  void describe_data(const image_folder::Listing& listing) {
    fields = {Field::image("image", {shape_.channels, shape_.size, shape_.size})};
    if (!listing.classes.empty()) {
      fields.push_back(Field::label("label", static_cast<int64_t>(listing.classes.size()), listing.classes));
    }
    for (const image_folder::File& file : listing.files) {
      files.push_back(file.path);
      if (!listing.classes.empty()) {
        labels_.push_back(file.label);
      }
    }
    train_count = static_cast<int64_t>(split_.train.size());
    test_count = static_cast<int64_t>(split_.test.size());
  }

  image_folder::Shape shape_;
  image_folder::Split split_;
  image_folder::Pixels pixels_;  // (files, C, H, W)
  std::vector<int64_t> labels_;  // by file; none where there are no classes
};

}  // namespace

ATELIER_DATASET("image-folder", ImageFolder)
