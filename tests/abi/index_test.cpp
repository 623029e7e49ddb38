// Libraries that are loaded as they are needed: what is said of them, and that nothing depends on the index.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "plugin/library_index.hpp"
#include "plugin/registry.hpp"

using namespace atelier;
using catalog::Kind;
using plugin::Loading;
using plugin::Registry;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A folder of libraries, and a place for the cache that is in the environment as long as it lives.
class Workplace {
 public:
  Workplace() {
    std::string name = (fs::temp_directory_path() / "atelier-index-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    fs::create_directory(libraries());
    add("adam.so", "adam.so");
    add("shapes.so", "shapes.so");
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() {
    unsetenv("XDG_CACHE_HOME");
    fs::remove_all(folder_);
  }

  [[nodiscard]] fs::path libraries() const { return folder_ / "plugins"; }
  // As if it had been there for a while.
  void add(const std::string& from, const std::string& name) const {
    const fs::path to = libraries() / name;
    fs::copy_file(fs::path(HOUSE_PLUGINS) / from, to.string() + ".new");
    fs::rename(to.string() + ".new", to);
    fs::last_write_time(to, fs::file_time_type::clock::now() - std::chrono::seconds(10));
  }
  [[nodiscard]] Registry registry() const { return Registry({libraries()}, Loading::as_needed); }
  [[nodiscard]] bool knows(Kind kind, const std::string& name) const {
    return registry().find(kind, name)->table == nullptr;
  }
  [[nodiscard]] fs::path index() const {
    std::set<fs::path> files;
    for (const auto& file : fs::directory_iterator(folder_ / "cache" / "atelier")) {
      files.insert(file.path());
    }
    REQUIRE(files.size() == 1);
    return *files.begin();
  }
  // What the index says of one library is what is in the other.
  void lie(const std::string& about, const std::string& other) const {
    plugin::LibraryIndex index(libraries());
    const auto contents = index.find(libraries() / other);
    REQUIRE(contents);
    index.keep(libraries() / about, *stamp_of(libraries() / about), *contents);
    index.save();
  }

 private:
  fs::path folder_;
};

// In a process of its own, as one that has met a wrong index believes none.
void apart(const std::function<bool()>& holds) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(holds() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

std::string text_of(const std::vector<catalog::Description>& all) {
  std::string out;
  for (const catalog::Description& one : all) {
    out += name_of(one.kind) + one.name + one.newest_of + one.summary + one.reference + one.role + one.plugin_name +
           one.plugin_version + one.plugin_path + "\n";
    for (const catalog::SettingDescription& setting : one.settings) {
      out += setting.name + setting.help + name_of(setting.type) + catalog::to_string(setting.default_value) +
             (setting.required ? "r" : "") + (setting.above_minimum ? "a" : "") + (setting.below_maximum ? "b" : "") +
             (setting.minimum ? std::to_string(*setting.minimum) : "") +
             (setting.maximum ? std::to_string(*setting.maximum) : "");
      for (const std::string& choice : setting.choices) {
        out += choice + ",";
      }
    }
    for (const catalog::LossSlot& slot : one.slots) {
      out += slot.name + slot.role + slot.default_loss + slot.help;
    }
    for (const catalog::Measure& measure : one.measures) {
      out += measure.name + catalog::to_string(measure.direction) + measure.unit + measure.help;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a library that an index knows is loaded where something of it is asked for") {
  const Workplace work;
  CHECK(work.registry().find(Kind::optimizer, "adam")->table != nullptr);  // nothing was known yet
  const Registry second = work.registry();
  CHECK(second.find(Kind::optimizer, "adam")->table == nullptr);
  CHECK(second.get(Kind::optimizer, "adam").table != nullptr);
  CHECK(second.find(Kind::dataset, "shapes")->table == nullptr);
  CHECK(&second.optimizer("adam") == second.find(Kind::optimizer, "adam")->table);
  CHECK_THROWS_WITH_AS((void)second.get(Kind::optimizer, "adan"), "there is no optimizer 'adan'; did you mean 'adam'?",
                       Error);
}

TEST_CASE("an index says all that our libraries say of themselves") {
  const Workplace work;
  for (const auto& file : fs::directory_iterator(HOUSE_PLUGINS)) {
    if (!fs::exists(work.libraries() / file.path().filename())) {
      work.add(file.path().filename().string(), file.path().filename().string());
    }
  }
  const Registry all({work.libraries()});
  (void)work.registry();
  const Registry by_index = work.registry();
  CHECK(by_index.find(Kind::model, "vae")->table == nullptr);
  CHECK(text_of(by_index.descriptions()) == text_of(all.descriptions()));
  CHECK(by_index.recorded_optimizer("lamb").size == all.recorded_optimizer("lamb").size);
}

TEST_CASE("a library that has changed, or is another one, is loaded") {
  const Workplace work;
  apart([&] { return work.registry().refusals().empty(); });  // as a process keeps what it has loaded from a path
  CHECK(work.knows(Kind::optimizer, "adam"));
  SUBCASE("another one in its place") {
    work.add("sgd.so", "adam.so");
    CHECK(work.registry().find(Kind::optimizer, "adam") == nullptr);
    CHECK(work.registry().get(Kind::optimizer, "sgd").table != nullptr);
  }
  SUBCASE("the same bytes in another file, with the same times") {
    const auto written = fs::last_write_time(work.libraries() / "adam.so");
    work.add("adam.so", "adam.so");
    fs::last_write_time(work.libraries() / "adam.so", written);
    CHECK(!work.knows(Kind::optimizer, "adam"));
  }
  SUBCASE("written just now") {
    fs::last_write_time(work.libraries() / "adam.so", fs::file_time_type::clock::now());
    CHECK(!work.knows(Kind::optimizer, "adam"));
    CHECK(!work.knows(Kind::optimizer, "adam"));
  }
}

TEST_CASE("a damaged index is none") {
  const Workplace work;
  (void)work.registry();
  const fs::path index = work.index();
  const std::string whole = bytes_of(index);
  for (size_t at = 0; at < whole.size(); at += at < 200 ? 20 : 997) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    for (const std::string& bytes : {changed, whole.substr(0, at)}) {
      std::ofstream(index, std::ios::binary) << bytes;
      CHECK_MESSAGE(!work.knows(Kind::dataset, "shapes"), at);
    }
  }
  CHECK(work.knows(Kind::dataset, "shapes"));
}

TEST_CASE("without a place for an index, all libraries are loaded") {
  const Workplace work;
  setenv("XDG_CACHE_HOME", "/proc", 1);
  (void)work.registry();
  CHECK(!work.knows(Kind::optimizer, "adam"));
}

TEST_CASE("an index that is wrong is noticed, and then believed no more") {
  const Workplace work;
  (void)work.registry();
  work.add("sgd.so", "sgd.so");
  (void)work.registry();
  work.lie("sgd.so", "shapes.so");
  fs::remove(work.libraries() / "shapes.so");
  apart([&] {
    const Registry deceived = work.registry();
    if (deceived.find(Kind::dataset, "shapes") == nullptr || deceived.find(Kind::optimizer, "sgd") != nullptr) {
      return false;
    }
    try {
      (void)deceived.get(Kind::dataset, "shapes");
      return false;
    } catch (const plugin::StaleIndex&) {
    }
    const Registry again = work.registry();
    return again.find(Kind::dataset, "shapes") == nullptr && again.find(Kind::optimizer, "sgd")->table != nullptr;
  });
}

TEST_CASE("what cannot be used is named each time") {
  const Workplace work;
  work.add("adam.so", "twin.so");
  std::ofstream(work.libraries() / "text.so") << "no library";
  const auto refused = [&](Loading loading) {
    std::string out;
    const Registry registry({work.libraries()}, loading);
    for (const plugin::Refusal& refusal : registry.refusals()) {
      out += refusal.reason + "\n";
    }
    return out;
  };
  const std::string all = refused(Loading::all);
  CHECK(all.find("twin.so: brings the optimizer 'adam'") != std::string::npos);
  CHECK(all.find("text.so: is not a plugin") != std::string::npos);
  CHECK(refused(Loading::as_needed) == all);
  CHECK(work.knows(Kind::optimizer, "adam"));
  CHECK(refused(Loading::as_needed) == all);
}

TEST_CASE("a library that can no longer be loaded says so when it is needed") {
  const Workplace work;
  (void)work.registry();
  const Registry registry = work.registry();
  fs::remove(work.libraries() / "adam.so");
  CHECK_THROWS_AS((void)registry.get(Kind::optimizer, "adam"), Error);
  CHECK(registry.get(Kind::dataset, "shapes").table != nullptr);
}

TEST_CASE("processes that look at a folder at once leave a whole index") {
  const Workplace work;
  std::vector<pid_t> processes;
  for (int i = 0; i < 4; ++i) {
    processes.push_back(fork());
    if (processes.back() == 0) {
      for (int round = 0; round < 5; ++round) {
        fs::last_write_time(work.libraries() / (round % 2 == 0 ? "adam.so" : "shapes.so"),
                            fs::file_time_type::clock::now() - std::chrono::seconds(10 + i));
        const Registry registry = work.registry();
        (void)registry.get(Kind::optimizer, "adam");
      }
      _exit(0);
    }
  }
  for (const pid_t process : processes) {
    int status = 0;
    waitpid(process, &status, 0);
    CHECK(status == 0);
  }
  (void)work.registry();
  CHECK(work.knows(Kind::optimizer, "adam"));
  CHECK(work.knows(Kind::dataset, "shapes"));
  CHECK(work.index().extension() == ".plugins");  // and no file beside it
}
