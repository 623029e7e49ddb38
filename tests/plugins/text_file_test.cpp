#include <doctest/doctest.h>

#include <set>

#include "dataset_host.hpp"
#include "folder.hpp"

using namespace atelier::testing;

namespace {

// A text in a file of its own, as a dataset.
struct Text {
  Folder folder;
  MadeDataset dataset;

  explicit Text(const std::string& text, SettingValues settings = {}) : dataset(made(text, std::move(settings))) {}

  [[nodiscard]] const atl_field& field() const { return dataset.spec().fields[0]; }
  [[nodiscard]] std::vector<int64_t> tokens(int32_t split, int64_t index) const {
    return dataset.read_fields(split, index).integers.at("text");
  }
  // As people read it.
  [[nodiscard]] std::string written(int32_t split, int64_t index) const {
    std::string out;
    for (const int64_t token : tokens(split, index)) {
      out += view(field().class_names[token]);
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> all(int32_t split) const {
    std::vector<std::string> out;
    const int64_t count = split == ATL_TRAIN ? dataset.spec().train_count : dataset.spec().test_count;
    for (int64_t i = 0; i < count; ++i) {
      out.push_back(written(split, i));
    }
    return out;
  }

 private:
  MadeDataset made(const std::string& text, SettingValues settings) {
    write(folder.file("a.txt"), text);
    settings.emplace("file", folder.file("a.txt"));
    return DatasetHost::of(TEXT_FILE_PLUGIN).make("text-file", settings);
  }
};

SettingValues cut(int64_t length, int64_t stride, double test) {
  return {{"length", length}, {"stride", stride}, {"test", test}};
}

// The complaint about a text, without the path in front of it.
std::string complaint(const std::string& text, const SettingValues& settings) {
  const Text made(text, settings);
  const std::string start = made.folder.file("a.txt") + ": ";
  CHECK(made.dataset.status() == ATL_ERROR_DATA);
  REQUIRE(made.dataset.error().starts_with(start));
  return made.dataset.error().substr(start.size());
}

std::string not_utf8(const std::string& text) {
  return complaint(text, cut(2, 0, 0));
}

// So many characters of which no two places look the same to one of the lengths below: numbers, written out.
std::string counting(size_t characters) {
  std::string out;
  for (int number = 1000; out.size() < characters; ++number) {
    out += std::to_string(number) + ' ';
  }
  return out.substr(0, characters);
}

}  // namespace

TEST_CASE("a text is cut into windows of characters, and its end is the test split") {
  const Text text("the quick brown fox jumps", cut(4, 0, 0.4));
  REQUIRE(text.dataset.error() == "");
  CHECK(text.all(ATL_TRAIN) == std::vector<std::string>{"the ", "quic", "k br"});
  CHECK(text.all(ATL_TEST) == std::vector<std::string>{" fox", " jum"});
  CHECK(text.field().kind == ATL_TOKENS);
  CHECK(text.dataset.image_dims() == std::vector<int64_t>{4});
  CHECK(view(text.field().length_field).empty());  // all are of the full length
  REQUIRE(text.dataset.spec().file_count == 1);
  CHECK(view(text.dataset.spec().files[0]) == text.folder.file("a.txt"));
}

TEST_CASE("a stride of its own leaves text out, or uses it several times, in training only") {
  const Text apart("abcdefghijklmnop", cut(3, 5, 0.25));
  CHECK(apart.all(ATL_TRAIN) == std::vector<std::string>{"abc", "fgh"});
  CHECK(apart.all(ATL_TEST) == std::vector<std::string>{"mno"});
  const Text over("abcdefghijklmnop", cut(3, 2, 0.5));
  CHECK(over.all(ATL_TRAIN) == std::vector<std::string>{"abc", "cde", "efg"});
  CHECK(over.all(ATL_TEST) == std::vector<std::string>{"ijk", "lmn"});
}

TEST_CASE("the vocabulary is the file's characters in the order of their code points") {
  const Text text("zß€𝄞a\nz", cut(2, 0, 0));
  std::vector<std::string> names;
  for (uint64_t i = 0; i < text.field().class_name_count; ++i) {
    names.emplace_back(view(text.field().class_names[i]));
  }
  CHECK(names == std::vector<std::string>{"\n", "a", "z", "ß", "€", "𝄞"});
  CHECK(text.field().classes == 6);
  CHECK(text.tokens(ATL_TRAIN, 0) == std::vector<int64_t>{2, 3});
  CHECK(text.tokens(ATL_TRAIN, 2) == std::vector<int64_t>{1, 0});
}

TEST_CASE("characters that only the test split has are in the vocabulary, too") {
  const Text text("aaaaaaaaaabbbbbbbbxy", cut(2, 0, 0.1));
  CHECK(text.field().classes == 4);
  CHECK(text.all(ATL_TEST) == std::vector<std::string>{"xy"});
}

TEST_CASE("bytes are tokens of any file") {
  SettingValues settings = cut(3, 0, 0);
  settings["tokens"] = std::string("bytes");
  const Text text(std::string("\xFF\0\x80ß!", 6), settings);
  REQUIRE(text.dataset.error() == "");
  CHECK(text.field().classes == 256);
  CHECK(text.field().class_name_count == 0);
  CHECK(text.tokens(ATL_TRAIN, 0) == std::vector<int64_t>{0xFF, 0, 0x80});
  CHECK(text.tokens(ATL_TRAIN, 1) == std::vector<int64_t>{0xC3, 0x9F, '!'});
}

TEST_CASE("no training sample has text of another group in it, nor of the test split") {
  for (const int64_t stride : {1, 3, 7, 8, 11}) {
    CAPTURE(stride);
    const Text text(counting(1000), cut(8, stride, 0.1));
    std::map<int64_t, std::set<size_t>> places;  // by group, where its samples' characters stand
    const std::string all = counting(1000);
    for (int64_t i = 0; i < text.dataset.spec().train_count; ++i) {
      const size_t first = all.find(text.written(ATL_TRAIN, i));
      REQUIRE(first != std::string::npos);
      for (size_t at = first; at < first + 8; ++at) {
        REQUIRE(at < 900);
        places[text.dataset.group(i)].insert(at);
      }
    }
    CHECK(places.size() >= 14);  // enough for a validation split
    std::set<size_t> before;
    for (const auto& [group, own] : places) {
      for (const size_t at : own) {
        CHECK_MESSAGE(before.insert(at).second, "place ", at, " is in two groups");
      }
    }
    if (stride <= 8) {
      CHECK(before.size() > 900 - 14 * 8);  // and hardly any text is in none
    }
  }
}

TEST_CASE("a relative path is looked for beside the experiment, then in the data directories") {
  const Folder experiment, first, second;
  const DatasetHost& host = DatasetHost::of(TEXT_FILE_PLUGIN);
  const auto made = [&] {
    SettingValues settings = cut(2, 0, 0);
    settings["file"] = std::string("poems/a.txt");
    return host.make("text-file", settings, {first.path.string(), second.path.string()}, experiment.path.string());
  };
  const auto classes = [](const MadeDataset& dataset) { return dataset.spec().fields[0].classes; };
  CHECK(made().error() == "dataset.file: there is no file 'poems/a.txt'; looked at " + experiment.file("poems/a.txt") +
                              ", " + first.file("poems/a.txt") + ", " + second.file("poems/a.txt"));
  std::filesystem::create_directories(first.path / "poems/a.txt");  // a folder is none
  const auto write_characters = [](const Folder& folder, const char* text) {
    std::filesystem::create_directories(folder.path / "poems");
    write(folder.file("poems/a.txt"), text);
  };
  write_characters(second, "ab");
  CHECK(classes(made()) == 2);
  std::filesystem::remove_all(first.path / "poems");
  write_characters(first, "abc");
  CHECK(classes(made()) == 3);
  write_characters(experiment, "abcd");
  CHECK(classes(made()) == 4);
}

TEST_CASE("what is no UTF-8 is told with its place") {
  const auto at = [](int byte) {
    return "is no text in UTF-8: at byte " + std::to_string(byte) +
           " no character begins; hint: dataset.tokens = \"bytes\" takes any file";
  };
  CHECK(not_utf8("ab\xFF") == at(2));
  CHECK(not_utf8("\x80") == at(0));        // goes on with nothing
  CHECK(not_utf8("a\xC3") == at(1));       // ends early
  CHECK(not_utf8("aß\xE2\x82") == at(3));  // so does this
  CHECK(not_utf8("\xC3("
                 "abc") == at(0));                   // does not go on
  CHECK(not_utf8("\xC0\xAF abc") == at(0));          // longer than needed
  CHECK(not_utf8("\xE0\x80\xAF abc") == at(0));      // longer than needed
  CHECK(not_utf8("\xF0\x80\x80\xAF abc") == at(0));  // longer than needed
  CHECK(not_utf8("\xED\xA0\x80 abc") == at(0));      // half of a pair of UTF-16
  CHECK(not_utf8("\xF4\x90\x80\x80 abc") == at(0));  // beyond U+10FFFF
  CHECK(not_utf8("\xF5\x80\x80\x80 abc") == at(0));
  CHECK(not_utf8(std::string("ab\0cd", 5)) == at(2));  // a name of a class would end there
  CHECK(Text("\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", cut(2, 0, 0)).dataset.error() == "");
}

TEST_CASE("a text without a whole sample is refused") {
  CHECK(complaint("", cut(2, 0, 0)) ==
        "has 0 tokens to train on, expected at least the 2 of a sample; hint: dataset.length");
  CHECK(complaint("abc", cut(4, 0, 0)) ==
        "has 3 tokens to train on, expected at least the 4 of a sample; hint: dataset.length");
  CHECK(complaint("abcdefgh", cut(5, 0, 0.5)) ==
        "has 4 tokens to train on, expected at least the 5 of a sample; hint: dataset.length");
  const Text exact("abcd", cut(4, 1, 0));
  CHECK(exact.all(ATL_TRAIN) == std::vector<std::string>{"abcd"});
  CHECK(exact.dataset.spec().test_count == 0);
}

TEST_CASE("an index that a text does not have is told") {
  const Text text("abcdefgh", cut(2, 0, 0.5));
  (void)text.dataset.read_fields(ATL_TEST, 2);
  CHECK(text.dataset.error() == "index 2, expected 0 to 1");
}
