// image-folder: which files it finds, and what it makes of them, sound and corrupt.
#include "image_folder.hpp"

using namespace atelier::testing;
namespace fs = std::filesystem;

namespace {

using Bytes = std::vector<int>;

const std::string alone =
    "; hint: replace or remove what is named";  // of the only picture, beside which nothing is left

// What is said of a file of these bytes, without its path.
std::string complaint(const std::string& bytes) {
  const Folder folder;
  write(folder.file("bad.png"), bytes);
  const MadeDataset dataset = make_folder(folder);
  REQUIRE(dataset.status() == ATL_ERROR_DATA);
  REQUIRE(dataset.error().starts_with(folder.file("bad.png") + ": "));
  return dataset.error().substr(folder.file("bad.png").size() + 2);
}

std::string sound_png() {
  const Folder folder;
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 8 * 8 * 4; ++i) {
    pixels.push_back(static_cast<uint8_t>(i * 37 % 251));
  }
  write_png(folder.file("a.png"), PNG_FORMAT_RGBA, {8, 8}, pixels);
  return read_bytes(folder.file("a.png"));
}

std::string sound_jpeg() {
  const Folder folder;
  write_jpeg(folder.file("a.jpg"), {9, 17}, {200, 30, 90});
  return read_bytes(folder.file("a.jpg"));
}

// With each byte in turn replaced by others, the file is read or refused; nothing else happens.
void damage_each_byte(const std::string& sound) {
  const Folder folder;
  for (size_t i = 0; i < sound.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      std::string bad = sound;
      bad[i] = static_cast<char>(bad[i] ^ mask);
      write(folder.file("bad.png"), bad);
      const MadeDataset dataset = make_folder(folder, {{"size", int64_t{4}}});
      REQUIRE((dataset.status() == ATL_OK || dataset.status() == ATL_ERROR_DATA));
      if (dataset.status() != ATL_OK) {
        REQUIRE(dataset.error().starts_with(folder.file("bad.png") + ": "));
      }
    }
  }
}

}  // namespace

TEST_CASE("a folder without folders is pictures without labels, by name") {
  const Folder folder;
  write_grey(folder.file("b.png"), 2);
  write_grey(folder.file("a.PNG"), 1);
  write_grey(folder.file("a10.png"), 10);
  write(folder.file("notes.txt"), "no picture");
  write(folder.file("._b.png"), "what macOS puts beside b.png");
  const MadeDataset dataset = make_folder(folder, {{"size", int64_t{2}}});
  REQUIRE(dataset.error() == "");
  REQUIRE(dataset.spec().field_count == 1);
  CHECK(view(dataset.spec().fields[0].name) == "image");
  CHECK(dataset.spec().fields[0].low == 0);
  CHECK(dataset.spec().fields[0].high == 1);
  CHECK(dataset.image_dims() == std::vector<int64_t>{3, 2, 2});
  REQUIRE(dataset.spec().file_count == 3);
  CHECK(view(dataset.spec().files[0]) == folder.file("a.PNG"));
  CHECK(view(dataset.spec().files[1]) == folder.file("a10.png"));
  CHECK(view(dataset.spec().files[2]) == folder.file("b.png"));
  CHECK(dataset.spec().train_count == 3);
  CHECK(bytes_of(dataset, 1) == Bytes(12, 10));
}

TEST_CASE("the first level of folders is classes, by name") {
  const Folder folder;
  for (const char* below : {"dogs", "cats/old", "cats/young", "empty", ".cache"}) {
    fs::create_directories(folder.path / below);
  }
  write_grey(folder.file("dogs/1.png"), 1);
  write_grey(folder.file("cats/young/2.png"), 2);
  write_grey(folder.file("cats/old/3.png"), 3);
  write_grey(folder.file(".cache/4.png"), 4);
  const MadeDataset dataset = make_folder(folder, {{"size", int64_t{1}}});
  REQUIRE(dataset.error() == "");
  REQUIRE(dataset.spec().field_count == 2);
  CHECK(view(dataset.spec().fields[1].name) == "label");
  CHECK(dataset.spec().fields[1].classes == 2);
  REQUIRE(dataset.spec().train_count == 3);
  const std::vector<std::pair<int, int64_t>> expected = {{3, 0}, {2, 0}, {1, 1}};  // level, class
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(bytes_of(dataset, static_cast<int64_t>(i)) == Bytes(3, expected[i].first));
    CHECK(dataset.read(ATL_TRAIN, static_cast<int64_t>(i)).label == expected[i].second);
  }
}

TEST_CASE("a picture beside class folders has no class, and is refused") {
  const Folder folder;
  fs::create_directories(folder.path / "cats");
  write_grey(folder.file("cats/1.png"), 1);
  write_grey(folder.file("stray.png"), 1);
  CHECK(make_folder(folder).error() ==
        folder.file("stray.png") +
            ": a picture beside the folder cats, expected every picture in a folder, which is its class, or none");
}

TEST_CASE("the folder is looked for beside the experiment, then in the data directories") {
  const DatasetHost& host = DatasetHost::of(IMAGE_FOLDER_PLUGIN);
  const Folder folder;
  for (const char* below : {"base/faces", "data/faces", "data/houses"}) {
    fs::create_directories(folder.path / below);
    write_grey(folder.file(std::string(below) + "/1.png"), 1);
  }
  const auto first_file = [&](const std::string& directory) {
    const MadeDataset dataset = host.make("image-folder", {{"directory", directory}, {"test_fraction", 0.0}},
                                          {folder.file("none"), folder.file("data")}, folder.file("base"));
    return dataset.error().empty() ? std::string(view(dataset.spec().files[0])) : dataset.error();
  };
  CHECK(first_file("faces") == folder.file("base/faces/1.png"));
  CHECK(first_file("houses") == folder.file("data/houses/1.png"));
  CHECK(first_file(folder.file("data/faces")) == folder.file("data/faces/1.png"));
  CHECK(first_file("trees") == "no such folder: " + folder.file("base/trees") + ", " + folder.file("none/trees") +
                                   ", " + folder.file("data/trees") +
                                   "; expected a folder of PNG or JPEG files; hint: dataset.directory is relative to "
                                   "the experiment file or in a data directory");
}

TEST_CASE("a folder without pictures is refused") {
  const Folder folder;
  write(folder.file("notes.txt"), "no picture");
  CHECK(make_folder(folder).error() ==
        folder.path.string() + ": no pictures, expected files that end in .png, .jpg or .jpeg");
}

TEST_CASE("all kinds of PNG come out as sRGB") {
  const Folder folder;
  const SettingValues two = {{"size", int64_t{2}}};
  const std::string file = folder.file("a.png");
  SUBCASE("RGB") {
    write_png(file, PNG_FORMAT_RGB, {2, 2}, std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    CHECK(only_picture(folder, two) == Bytes{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12});
  }
  SUBCASE("grey") {
    write_png(file, PNG_FORMAT_GRAY, {2, 2}, std::vector<uint8_t>{0, 90, 180, 255});
    CHECK(only_picture(folder, two) == Bytes{0, 90, 180, 255, 0, 90, 180, 255, 0, 90, 180, 255});
  }
  SUBCASE("palette") {
    write_png(file, PNG_FORMAT_RGB_COLORMAP, {2, 2}, std::vector<uint8_t>{0, 1, 1, 2}, {255, 0, 0, 0, 128, 0, 9, 8, 7});
    CHECK(only_picture(folder, two) == Bytes{255, 0, 0, 9, 0, 128, 128, 8, 0, 0, 0, 7});
  }
  SUBCASE("16 bits of linear light") {
    // libpng takes sRGB for the power 1/2.2: 255 * (32768 / 65535)^(1/2.2) = 186.1.
    write_png(folder.file("a.png"), PNG_FORMAT_LINEAR_Y, {2, 2}, std::vector<uint16_t>{0, 65535, 32768, 32768});
    CHECK(only_picture(folder, {{"size", int64_t{2}}, {"channels", int64_t{1}}}) == Bytes{0, 255, 186, 186});
  }
}

TEST_CASE("alpha is composed over the background") {
  const Folder folder;
  // Clear, opaque, and one part in five of a colour.
  write_png(folder.file("a.png"), PNG_FORMAT_RGBA, {1, 3},
            std::vector<uint8_t>{10, 20, 30, 0, 10, 20, 30, 255, 100, 200, 0, 51});
  SettingValues settings = {{"size", int64_t{3}}, {"fit", "stretch"}};
  const auto first_row = [&] {
    const Bytes all = only_picture(folder, settings);
    Bytes out;
    for (const size_t at : {0, 9, 18}) {
      out.insert(out.end(), all.begin() + static_cast<long>(at), all.begin() + static_cast<long>(at) + 3);
    }
    return out;
  };
  CHECK(first_row() == Bytes{255, 10, 224, 255, 20, 244, 255, 30, 204});
  settings["background"] = "#0a00FF";
  CHECK(first_row() == Bytes{10, 10, 28, 0, 20, 40, 255, 30, 204});
}

TEST_CASE("transparent grey is composed too") {
  const Folder folder;
  write_png(folder.file("a.png"), PNG_FORMAT_GA, {1, 1}, std::vector<uint8_t>{50, 153});
  CHECK(only_picture(folder, {{"size", int64_t{1}}, {"channels", int64_t{1}}, {"background", "#c8c8c8"}}) ==
        Bytes{110});  // 3/5 of 50 and 2/5 of 200
}

TEST_CASE("one channel is luma, and grey stays itself") {
  const Folder folder;
  write_png(folder.file("a.png"), PNG_FORMAT_RGB, {1, 1}, std::vector<uint8_t>{200, 100, 50});
  for (int level = 0; level < 256; level += 15) {
    write_grey(folder.file("b" + std::to_string(1000 + level) + ".png"), static_cast<uint8_t>(level));
  }
  const MadeDataset dataset = make_folder(folder, {{"size", int64_t{1}}, {"channels", int64_t{1}}});
  REQUIRE(dataset.spec().train_count == 19);
  CHECK(bytes_of(dataset, 0) == Bytes{124});  // 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
  for (int i = 0; i < 18; ++i) {
    CHECK(bytes_of(dataset, i + 1) == Bytes{15 * i});
  }
}

TEST_CASE("JPEG files of colour and of grey") {
  const Folder folder;
  SUBCASE("colour") {
    write_jpeg(folder.file("a.jpg"), {9, 17}, {200, 30, 90});
    const Bytes bytes = only_picture(folder, {{"size", int64_t{1}}});
    CHECK(std::abs(bytes[0] - 200) <= 1);  // from YCbCr, which is rounded to bytes
    CHECK(std::abs(bytes[1] - 30) <= 1);
    CHECK(std::abs(bytes[2] - 90) <= 1);
  }
  SUBCASE("grey, by the ending of the other kind") {
    write_jpeg(folder.file("a.png"), {3, 3}, {77});
    CHECK(only_picture(folder, {{"size", int64_t{1}}}) == Bytes{77, 77, 77});
  }
}

TEST_CASE("what is no PNG or JPEG file is told") {
  const std::string expected = "does not begin as a PNG or JPEG file does: it is damaged or of another kind" + alone;
  CHECK(complaint("") == expected);
  CHECK(complaint("<html>404 Not Found</html>") == expected);
  CHECK(complaint("\x89PNG") == expected);
}

TEST_CASE("a file cut short anywhere is refused") {
  for (const std::string& sound : {sound_png(), sound_jpeg()}) {
    const std::string kind = sound[0] == '\x89' ? "PNG" : "JPEG";
    // The last chunk of a PNG is twelve bytes that say no more than that it ends, two of a JPEG do.
    const size_t end = sound.size() - (kind == "PNG" ? 12 : 2);
    for (size_t length = 8; length < end; ++length) {
      const std::string told = complaint(sound.substr(0, length));
      REQUIRE(told.starts_with("cannot be decoded ("));
      REQUIRE(told.ends_with("), expected a sound " + kind + " file" + alone));
    }
  }
}

TEST_CASE("a changed pixel byte of a PNG is found by its sums") {
  std::string bad = sound_png();
  bad[bad.find("IDAT") + 20] ^= 1;
  CHECK(complaint(bad).starts_with("cannot be decoded ("));
}

TEST_CASE("damaged PNG files never crash") {
  damage_each_byte(sound_png());
}

TEST_CASE("damaged JPEG files never crash") {
  damage_each_byte(sound_jpeg());
}

TEST_CASE("a JPEG that claims to be huge costs an error, not memory") {
  std::string huge = sound_jpeg();
  const size_t frame = huge.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  huge.replace(frame + 5, 4, "\xFF\xDC\xFF\xDC");  // height and width
  CHECK(complaint(huge) ==
        "cannot be decoded (it is 65500 x 65500, more than 134217728 pixels or a side of 65536), expected a sound JPEG "
        "file" +
            alone);
}

TEST_CASE("a JPEG for print is refused with the reason") {
  const Folder folder;
  write_jpeg(folder.file("a.jpg"), {3, 3}, {10, 20, 30, 40});
  CHECK(make_folder(folder).error() == folder.file("a.jpg") +
                                           ": cannot be decoded (its colours are CMYK, for print; convert it to RGB), "
                                           "expected a sound JPEG file" +
                                           alone);
}

TEST_CASE("a JPEG that lacks nothing but its end is read, also one that comes in scans") {
  for (const bool progressive : {false, true}) {
    const Folder folder;
    write_jpeg(folder.file("a.jpg"), {9, 17}, {200, 30, 90}, progressive);
    const std::string sound = read_bytes(folder.file("a.jpg"));
    const Bytes whole = only_picture(folder, {{"size", int64_t{4}}});
    for (const size_t lacking : {1, 2}) {
      write(folder.file("a.jpg"), sound.substr(0, sound.size() - lacking));
      CHECK(only_picture(folder, {{"size", int64_t{4}}}) == whole);
    }
  }
}

TEST_CASE("a JPEG that lacks whole scans, and is whole but for them, is refused") {
  const Folder folder;
  write_jpeg(folder.file("a.jpg"), {9, 17}, {200, 30, 90}, true);
  const std::string sound = read_bytes(folder.file("a.jpg"));
  size_t cuts = 0;
  for (size_t scan = sound.rfind("\xFF\xDA"); scan != sound.find("\xFF\xDA");
       scan = sound.rfind("\xFF\xDA", scan - 1)) {
    const std::string told = complaint(sound.substr(0, scan));
    CHECK_MESSAGE(told.starts_with("cannot be decoded ("), told);
    ++cuts;
  }
  CHECK(cuts > 3);
}

TEST_CASE("of bad files all are named, up to ten, in the order of their names") {
  const Folder folder;
  for (int i = 100; i < 140; ++i) {
    const std::string file = folder.file(std::to_string(i) + ".png");
    i < 113 ? write_grey(file, 1) : write(file, "no picture");
  }
  std::string expected = "27 of 40 pictures cannot be read:";
  for (int i = 113; i < 123; ++i) {
    expected += "\n  " + folder.file(std::to_string(i) + ".png") +
                ": does not begin as a PNG or JPEG file does: it is damaged or of another kind";
  }
  expected += "\n  and 17 more; hint: replace or remove what is named, or unreadable = \"leave-out\" goes on without";
  for (int i = 0; i < 10; ++i) {
    CHECK(make_folder(folder).error() == expected);
  }
}

TEST_CASE("bad files are left out where that is asked for, and counted") {
  const Folder folder;
  const SettingValues leave_out = {{"size", int64_t{1}}, {"channels", int64_t{1}}, {"unreadable", "leave-out"}};
  for (int i = 0; i < 6; ++i) {
    fs::create_directories(folder.path / (i < 3 ? "cats" : "dogs"));
    const std::string file = folder.file((i < 3 ? "cats/" : "dogs/") + std::to_string(i) + ".png");
    i == 1 || i == 4 ? write(file, "no picture") : write_grey(file, static_cast<uint8_t>(i));
  }
  const MadeDataset dataset = make_folder(folder, leave_out);
  REQUIRE(dataset.error() == "");
  CHECK(informed().starts_with(
      "image-folder: left out, as unreadable is \"leave-out\": 2 of 6 pictures cannot be read:\n"));
  REQUIRE(dataset.spec().train_count == 4);
  CHECK(dataset.spec().file_count == 4);
  const std::vector<std::pair<int, int64_t>> expected = {{0, 0}, {2, 0}, {3, 1}, {5, 1}};  // level, class
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(bytes_of(dataset, static_cast<int64_t>(i)) == Bytes{expected[i].first});
    CHECK(dataset.read(ATL_TRAIN, static_cast<int64_t>(i)).label == expected[i].second);
  }
  for (const auto& file : fs::recursive_directory_iterator(folder.path)) {
    if (file.is_regular_file()) {
      write(file.path().string(), "no picture");
    }
  }
  CHECK(make_folder(folder, leave_out).error().starts_with("6 of 6 pictures cannot be read:"));
}
