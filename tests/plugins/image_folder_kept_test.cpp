// image-folder: decoded pictures that are kept in a file, and that nothing depends on it.
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <set>

#include "image_folder.hpp"

using namespace atelier::testing;
namespace fs = std::filesystem;

namespace {

using Samples = std::vector<std::vector<int>>;
using std::chrono::hours;
using std::chrono::seconds;

void set_back(const fs::path& file, seconds by) {
  fs::last_write_time(file, fs::file_time_type::clock::now() - by);
}

// Pictures, and a place for the cache that is in the environment as long as it lives.
class Workplace {
 public:
  Workplace() {
    setenv("XDG_CACHE_HOME", cache_.path.c_str(), 1);
    for (int i = 0; i < 6; ++i) {
      add(std::to_string(i) + ".png", i);
    }
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() { unsetenv("XDG_CACHE_HOME"); }

  // As if it had been there for a while.
  void add(const std::string& name, int level) const {
    std::vector<uint8_t> pixels;
    for (int i = 0; i < 3 * 5 * 7; ++i) {
      pixels.push_back(static_cast<uint8_t>(31 * i + 7 * level));
    }
    write_png(pictures_.file(name), PNG_FORMAT_RGB, {5, 7}, pixels);
    set_back(pictures_.path / name, seconds(10));
  }
  void damage(const std::string& name) const {
    write(pictures_.file(name), "no picture");
    set_back(pictures_.path / name, seconds(10));
  }
  [[nodiscard]] fs::path picture(const std::string& name) const { return pictures_.path / name; }

  [[nodiscard]] Samples samples(const char* cache, SettingValues settings = {}) const {
    settings.try_emplace("size", int64_t{3});
    settings.try_emplace("unreadable", "leave-out");
    settings.try_emplace("cache", cache);
    const MadeDataset dataset = make_folder(pictures_, settings);
    REQUIRE(dataset.error() == "");
    Samples out;
    for (int64_t i = 0; i < dataset.spec().train_count; ++i) {
      out.push_back(bytes_of(dataset, i));
    }
    return out;
  }
  [[nodiscard]] std::set<fs::path> files() const {
    std::set<fs::path> out;
    std::error_code none;
    for (const auto& file : fs::directory_iterator(cache_.path / "atelier", none)) {
      out.insert(file.path());
    }
    return out;
  }
  [[nodiscard]] fs::path file() const {
    REQUIRE(files().size() == 1);
    return *files().begin();
  }
  // Whether the pictures come from the file that is there, which is touched then.
  [[nodiscard]] bool are_kept() const {
    if (files().empty()) {
      return false;
    }
    struct stat before {};
    struct stat after {};
    set_back(file(), hours(1));
    stat(file().c_str(), &before);
    (void)samples("file");
    return files().size() == 1 && stat(file().c_str(), &after) == 0 && before.st_ino == after.st_ino &&
           after.st_mtime > before.st_mtime + 1800;
  }

 private:
  Folder pictures_, cache_;
};

}  // namespace

TEST_CASE("where a picture cannot be read none is kept, as it may be another time") {
  const Workplace work;
  work.damage("3.png");
  CHECK(work.samples("file").size() == 5);
  CHECK(work.files().empty());
  work.add("3.png", 3);
  CHECK(work.samples("file").size() == 6);
  CHECK(work.are_kept());
  work.damage("3.png");
  CHECK(work.samples("file").size() == 5);
}

TEST_CASE("pictures that are kept are those that are decoded") {
  const Workplace work;
  const Samples decoded = work.samples("memory");
  CHECK(decoded.size() == 6);
  CHECK(work.files().empty());
  CHECK(work.samples("file") == decoded);
  const std::string told = informed();
  CHECK(work.samples("file") == decoded);
  CHECK(informed() == told);
  CHECK(work.are_kept());
}

TEST_CASE("pictures are decoded again where anything is other than it was") {
  const Workplace work;
  (void)work.samples("file");
  REQUIRE(work.are_kept());
  SUBCASE("a picture was changed") {
    work.add("2.png", 9);
  }
  SUBCASE("a picture has other times") {
    set_back(work.picture("2.png"), seconds(20));
  }
  SUBCASE("a picture is there that was not") {
    work.add("7.png", 7);
    CHECK(work.samples("file").size() == 7);
    CHECK(work.samples("file") == work.samples("memory"));
    return;
  }
  CHECK(!work.are_kept());
  CHECK(work.samples("file") == work.samples("memory"));
  CHECK(work.are_kept());
}

TEST_CASE("other settings have a file of their own") {
  const Workplace work;
  (void)work.samples("file");
  for (const SettingValues& settings :
       {SettingValues{{"size", int64_t{2}}}, SettingValues{{"channels", int64_t{1}}}, SettingValues{{"fit", "pad"}},
        SettingValues{{"fit", "pad"}, {"background", "#000000"}}}) {
    const size_t before = work.files().size();
    CHECK(work.samples("file", settings) == work.samples("memory", settings));
    CHECK(work.samples("file", settings) == work.samples("memory", settings));
    CHECK(work.files().size() == before + 1);
  }
}

TEST_CASE("pictures that were written just now are not kept") {
  const Workplace work;
  set_back(work.picture("2.png"), seconds(0));
  (void)work.samples("file");
  CHECK(work.files().empty());
}

TEST_CASE("a damaged file is none") {
  const Workplace work;
  const Samples decoded = work.samples("file");
  const std::string whole = read_bytes(work.file());
  for (size_t at = 0; at < whole.size(); at += at < 64 || at > 4090 ? 11 : 500) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    for (const std::string& bytes : {changed, whole.substr(0, at)}) {
      write(work.file(), bytes);
      CHECK_MESSAGE(work.samples("file") == decoded, at);
    }
  }
  CHECK(work.are_kept());
}

TEST_CASE("without a place for a file, pictures are in memory") {
  const Workplace work;
  const Samples decoded = work.samples("memory");
  for (const std::string& place : {work.picture("1.png").string(), std::string("/proc"), std::string("not/absolute")}) {
    setenv("XDG_CACHE_HOME", place.c_str(), 1);
    const char* const home = std::getenv("HOME");
    const std::string was = home == nullptr ? "" : home;
    unsetenv("HOME");
    CHECK(work.samples("file") == decoded);
    setenv("HOME", was.c_str(), 1);
  }
}
