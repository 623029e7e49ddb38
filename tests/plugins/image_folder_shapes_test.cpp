// image-folder: scaling, splits and groups.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "image_folder.hpp"

using namespace atelier::testing;

namespace {

using Bytes = std::vector<int>;

// A grey picture, scaled.
Bytes scaled(Size size, const std::vector<uint8_t>& pixels, int64_t to, const char* fit = "stretch",
             const char* background = "#ffffff") {
  const Folder folder;
  write_png(folder.file("a.png"), PNG_FORMAT_GRAY, size, pixels);
  return only_picture(folder, {{"size", to}, {"channels", int64_t{1}}, {"fit", fit}, {"background", background}});
}

// Files that are told apart by their levels: numbered from 0 to count - 1, `name` says how each is called.
template <typename Name>
void write_levels(const Folder& folder, int count, Name&& name) {
  for (int i = 0; i < count; ++i) {
    write_grey(folder.file(name(i) + ".png"), static_cast<uint8_t>(i));
  }
}

// The levels of one side of the split.
std::set<int> side(const MadeDataset& dataset, int32_t split) {
  std::set<int> out;
  const int64_t count = split == ATL_TRAIN ? dataset.spec().train_count : dataset.spec().test_count;
  for (int64_t i = 0; i < count; ++i) {
    out.insert(bytes_of(dataset, i, split).front());
  }
  REQUIRE(static_cast<int64_t>(out.size()) == count);  // none twice
  return out;
}

SettingValues with(SettingValues settings) {
  settings.try_emplace("size", int64_t{1});
  return settings;
}

std::string three_digits(int i) {
  return std::to_string(1000 + i).substr(1);
}

}  // namespace

TEST_CASE("a picture of the right size is left alone") {
  CHECK(scaled({2, 3}, {1, 2, 3, 4, 5, 6}, 2, "crop") == Bytes{1, 2, 4, 5});
  CHECK(scaled({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 3) == Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("shrinking averages the areas that pixels cover") {
  CHECK(scaled({2, 4}, {0, 10, 20, 31, 40, 50, 61, 70}, 2) == Bytes{5, 26, 45, 66});  // 25.5 and 65.5 go up
  CHECK(scaled({4, 4}, {0, 4, 8, 12, 0, 4, 8, 12, 100, 104, 108, 112, 100, 104, 108, 112}, 2) ==
        Bytes{2, 10, 102, 110});
  // Three pixels to two: each has one and a half. (60 * 1 + 90 * 0.5) / 1.5 = 70; (90 * 0.5 + 0 * 1) / 1.5 = 30.
  CHECK(scaled({1, 3}, {60, 90, 0}, 2) == Bytes{70, 30, 70, 30});
  // Five to three: 5/3 each. (0 + 100 * 2/3) / (5/3) = 40; (100 / 3 + 100 + 100 / 3) / (5/3) = 100.
  CHECK(scaled({1, 5}, {0, 100, 100, 100, 0}, 3) == Bytes{40, 100, 40, 40, 100, 40, 40, 100, 40});
}

TEST_CASE("the mean of a whole picture is exact") {
  std::vector<uint8_t> pixels(997 * 1009);
  for (size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<uint8_t>(i * i % 256);
  }
  const auto sum = std::accumulate(pixels.begin(), pixels.end(), uint64_t{0});
  CHECK(scaled({997, 1009}, pixels, 1) == Bytes{static_cast<int>((sum + pixels.size() / 2) / pixels.size())});
}

TEST_CASE("growing interpolates between the middles of pixels") {
  // Middles of four target pixels lie at -1/4, 1/4, 3/4 and 5/4 of two source pixels.
  CHECK(scaled({1, 2}, {0, 100}, 4) == Bytes{0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100, 0, 25, 75, 100});
  CHECK(scaled({2, 2}, {0, 100, 200, 100}, 3) == Bytes{0, 50, 100, 100, 100, 100, 200, 150, 100});
  CHECK(scaled({1, 1}, {9}, 3) == Bytes(9, 9));
}

TEST_CASE("one axis may grow while the other shrinks") {
  CHECK(scaled({4, 1}, {0, 20, 100, 120}, 2) == Bytes{10, 10, 110, 110});
}

TEST_CASE("crop takes the middle of the longer side") {
  CHECK(scaled({2, 6}, {9, 9, 1, 2, 9, 9, 9, 9, 3, 4, 9, 9}, 2, "crop") == Bytes{1, 2, 3, 4});
  CHECK(scaled({4, 2}, {9, 9, 1, 2, 3, 4, 9, 9}, 2, "crop") == Bytes{1, 2, 3, 4});
  CHECK(scaled({2, 6}, {9, 9, 1, 2, 9, 9, 9, 9, 3, 6, 9, 9}, 1, "crop") == Bytes{3});
}

TEST_CASE("pad shows all of the picture, and background beside it") {
  CHECK(scaled({1, 3}, {1, 2, 3}, 3, "pad", "#404040") == Bytes{64, 64, 64, 1, 2, 3, 64, 64, 64});
  CHECK(scaled({4, 2}, {8, 8, 8, 8, 8, 8, 8, 8}, 2, "pad", "#000000") == Bytes{8, 0, 8, 0});
  CHECK(scaled({1, 100}, std::vector<uint8_t>(100, 7), 3, "pad", "#010101") == Bytes{1, 1, 1, 7, 7, 7, 1, 1, 1});
}

// What is cut off on the right does not count, but for whether something shows through anywhere.
TEST_CASE(
    "a picture that nothing shows through is scaled to the same bits as one with a transparent pixel that is cut off") {
  uint32_t state = 7;
  const auto random = [&](uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
  };
  for (int round = 0; round < 60; ++round) {
    const uint32_t side = 1 + random(round % 10 == 0 ? 700 : 40);
    const uint32_t beside = 2 * (1 + random(3));
    std::vector<uint8_t> pixels(size_t{4} * side * (side + beside));
    for (size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = i % 4 == 3 ? 255 : static_cast<uint8_t>(random(3) == 0 ? 255 : random(256));
    }
    const SettingValues settings = {{"size", int64_t{1 + random(48)}}, {"channels", int64_t{round % 2 == 0 ? 1 : 3}}};
    const Folder folder;
    write_png(folder.file("a.png"), PNG_FORMAT_RGBA, {side, side + beside}, pixels);
    const Bytes opaque = only_picture(folder, settings);
    pixels[4 * size_t{side + beside} - 1] = 0;
    write_png(folder.file("a.png"), PNG_FORMAT_RGBA, {side, side + beside}, pixels);
    CHECK_MESSAGE(only_picture(folder, settings) == opaque, side << " " << beside);
  }
}

TEST_CASE("the split covers all files once, in the share that is asked for") {
  const Folder folder;
  write_levels(folder, 200, three_digits);
  const MadeDataset dataset = make_folder(folder, with({{"test_fraction", 0.25}}));
  REQUIRE(dataset.error() == "");
  const std::set<int> train = side(dataset, ATL_TRAIN), test = side(dataset, ATL_TEST);
  CHECK(train.size() + test.size() == 200);
  CHECK(test.size() >= 30);  // 50, and three times its standard deviation of 6
  CHECK(test.size() <= 70);
  CHECK(std::none_of(test.begin(), test.end(), [&](int level) { return train.contains(level); }));
}

TEST_CASE("a file stays on its side whatever other files there are") {
  const Folder all, some;
  write_levels(all, 200, three_digits);
  write_levels(some, 90, three_digits);
  const SettingValues settings = with({{"test_fraction", 0.5}});
  std::set<int> expected = side(make_folder(all, settings), ATL_TEST);
  std::erase_if(expected, [](int level) { return level >= 90; });
  CHECK(side(make_folder(some, settings), ATL_TEST) == expected);
}

TEST_CASE("other seeds split differently, the same one alike") {
  const Folder folder;
  write_levels(folder, 100, three_digits);
  const auto test = [&](int64_t seed) {
    return side(make_folder(folder, with({{"test_fraction", 0.5}, {"seed", seed}})), ATL_TEST);
  };
  CHECK(test(0) == test(0));
  CHECK(test(0) != test(1));
  CHECK(test(1) != test(-1));
}

TEST_CASE("files of one group stay together, and say so") {
  const Folder folder;
  const auto name = [](int i) { return "face" + std::to_string(i / 4) + "-" + std::to_string(i % 4); };
  write_levels(folder, 200, name);
  const MadeDataset dataset =
      make_folder(folder, with({{"test_fraction", 0.3}, {"group_pattern", "^([a-z]+[0-9]+)-"}}));
  REQUIRE(dataset.error() == "");
  const std::set<int> test = side(dataset, ATL_TEST);
  CHECK(test.size() >= 24);
  CHECK(test.size() <= 96);
  for (int i = 0; i < 200; ++i) {
    CHECK(test.contains(i) == test.contains(i / 4 * 4));
  }
  std::map<int64_t, std::set<int>> faces_of_groups;
  std::map<int, std::set<int64_t>> groups_of_faces;
  for (int64_t i = 0; i < dataset.spec().train_count; ++i) {
    const int face = bytes_of(dataset, i).front() / 4;
    faces_of_groups[dataset.group(i)].insert(face);
    groups_of_faces[face].insert(dataset.group(i));
  }
  CHECK(faces_of_groups.size() == (200 - test.size()) / 4);
  CHECK(std::all_of(faces_of_groups.begin(), faces_of_groups.end(), [](auto& g) { return g.second.size() == 1; }));
  CHECK(std::all_of(groups_of_faces.begin(), groups_of_faces.end(), [](auto& f) { return f.second.size() == 1; }));
}

TEST_CASE("a pattern without a capture groups by its match; without a match a file is by itself") {
  const Folder folder;
  const std::vector<std::string> names = {"a1", "a2", "b1", "7", "8"};
  write_levels(folder, 5, [&](int i) { return names[static_cast<size_t>(i)]; });
  const auto groups = [&](const char* pattern) {
    const MadeDataset dataset = make_folder(folder, with({{"group_pattern", pattern}}));
    std::map<int, int64_t> out;  // by level
    for (int64_t i = 0; i < dataset.spec().train_count; ++i) {
      out[bytes_of(dataset, i).front()] = dataset.group(i);
    }
    return out;
  };
  std::map<int, int64_t> letters = groups("^[a-z]");
  CHECK(letters[0] == letters[1]);
  CHECK(std::set<int64_t>{letters[0], letters[2], letters[3], letters[4]}.size() == 4);
  std::map<int, int64_t> optional = groups("^(?:([a-z])|[78])");
  CHECK(optional[0] == optional[1]);
  CHECK(optional[3] != optional[4]);
  std::map<int, int64_t> none = groups("");
  CHECK(std::set<int64_t>{none[0], none[1], none[2], none[3], none[4]}.size() == 5);
}

TEST_CASE("a pattern that could be matched in many ways ends") {
  const Folder folder;
  write_grey(folder.file(std::string(200, 'a') + ".png"), 0);
  write_grey(folder.file("b.png"), 1);
  const MadeDataset dataset = make_folder(folder, with({{"group_pattern", "^(?:a|a)*b$"}}));
  REQUIRE(dataset.error() == "");
  CHECK(dataset.group(0) != dataset.group(1));
}

TEST_CASE("a fraction of zero has no test samples, one that leaves nothing to train is refused") {
  const Folder folder;
  write_levels(folder, 20, three_digits);
  CHECK(make_folder(folder, with({})).spec().test_count == 0);
  CHECK(make_folder(folder, with({{"test_fraction", 1.0}})).error() ==
        "all 20 pictures of " + folder.path.string() +
            " are test samples, expected some to train; hint: lower test_fraction, or have group_pattern make more "
            "groups");
}

TEST_CASE("a fraction that makes no test sample is refused with the numbers") {
  const Folder folder;
  write_levels(folder, 3, three_digits);
  CHECK(make_folder(folder, with({{"test_fraction", 0.001}})).error() ==
        "test_fraction = 0.001 makes none of the 3 pictures of " + folder.path.string() +
            " a test sample, expected at least one; hint: raise it, try another seed, or test_fraction = 0 goes "
            "without");
}

TEST_CASE("bad settings and indices of image-folder are told") {
  const Folder folder;
  write_levels(folder, 2, three_digits);
  const auto error = [&](const SettingValues& settings) {
    const MadeDataset dataset = make_folder(folder, settings);
    CHECK(dataset.status() == ATL_ERROR_ARGUMENT);
    return dataset.error();
  };
  CHECK(error({{"channels", int64_t{2}}}) == "channels is 2, expected 1 or 3; hint: 1 is grey, 3 is colour");
  for (const char* colour : {"white", "#fff", "#fffffg", "#1234567"}) {
    CHECK(error({{"background", colour}}) ==
          std::string("background is '") + colour +
              "', expected # and six hexadecimal digits, two each of red, green and blue; hint: '#ffffff' is white");
  }
  CHECK(
      error({{"group_pattern", "(["}}).starts_with("group_pattern is '([', expected a regular expression (missing ]"));
  CHECK(error({{"group_pattern", "(a)\\1"}})  // found by going back, which takes for ever with some names
            .ends_with("); hint: the syntax is RE2's: no backreferences, no looking ahead or behind"));
  for (const char letter : {'(', 'a'}) {  // deep, and long
    CHECK(error({{"group_pattern", std::string(5'000'000, letter)}}).size() < 400);
  }
  const MadeDataset dataset = make_folder(folder);
  (void)dataset.read(ATL_TRAIN, 2);
  CHECK(dataset.error() == "index 2, expected 0 to 1");
}
