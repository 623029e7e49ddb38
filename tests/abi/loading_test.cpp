// What the host says of files that are no plugins, or plugins of another time.
#include <elf.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

// What is said of libraries that are not used.
std::string loading(const std::vector<fs::path>& paths) {
  std::string refused;
  const std::string thrown = message_of([&] {
    const plugin::Registry loaded(paths);
    for (const plugin::Refusal& refusal : loaded.refusals()) {
      refused += refusal.reason + "\n";
    }
  });
  return refused.empty() ? thrown : refused;
}

const fs::path broken = BROKEN_PLUGINS;
const fs::path good = fs::path(TEST_PLUGINS) / "inverted.so";

std::string contents_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

// The same in a process of its own, whose loader may come to harm.
std::string loading_apart(const fs::path& file) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string said = loading({file});
    const ssize_t written = ::write(ends[1], said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said;
  char piece[256];
  for (ssize_t count = 0; (count = ::read(ends[0], piece, sizeof piece)) > 0;) {
    said.append(piece, static_cast<size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  return said;
}

}  // namespace

TEST_CASE("a plugin for a newer minor or another major is refused with both versions") {
  const std::string minor = loading({broken / "future_minor.so"});
  CHECK_MESSAGE(contains(minor, "future_minor.so"), minor);
  CHECK_MESSAGE(contains(minor, "needs the contract 1.7"), minor);
  CHECK_MESSAGE(contains(minor, "speaks 1.0"), minor);
  CHECK_MESSAGE(contains(minor, "hint: use a newer atelier"), minor);
  const std::string major = loading({broken / "future_major.so"});
  CHECK_MESSAGE(contains(major, "needs the contract 2.0"), major);
  CHECK_MESSAGE(contains(major, "speaks 1.0"), major);
  const std::string past = loading({broken / "past_major.so"});
  CHECK_MESSAGE(contains(past, "needs the contract 0.3"), past);
  CHECK_MESSAGE(contains(past, "hint: build the plugin against this atelier's SDK"), past);
}

TEST_CASE("a library without the entry point, a text, and nothing at all") {
  const std::string stranger = loading({broken / "stranger.so"});
  CHECK_MESSAGE(contains(stranger, "stranger.so: is a shared library without the entry point 'atelier_plugin'"),
                stranger);

  TempFolder folder;
  std::ofstream(folder.path() / "notes.so") << "not a library\n";
  const std::string text = loading({folder.path()});
  CHECK_MESSAGE(contains(text, "notes.so: is not a plugin: "), text);
  CHECK_MESSAGE(!contains(text, "Bad file descriptor"), text);
  const std::string missing = loading({folder.path() / "missing.so"});
  CHECK_MESSAGE(contains(missing, "missing.so: no such file or folder"), missing);
}

TEST_CASE("a library that is cut short anywhere is refused, and what stands beside it is loaded") {
  const std::string whole = contents_of(good);
  for (const size_t size : {size_t{0}, size_t{3}, size_t{10}, size_t{64}, size_t{200}, size_t{4096}, whole.size() / 2,
                            whole.size() - 100, whole.size() - 1}) {
    TempFolder folder;
    write(folder.path() / "half.so", whole.substr(0, size));
    fs::copy_file(good, folder.path() / "whole.so");
    const plugin::Registry loaded({folder.path()});
    REQUIRE_MESSAGE(loaded.refusals().size() == 1, size);
    const std::string& reason = loaded.refusals().front().reason;
    CHECK_MESSAGE(contains(reason, "half.so: is not a plugin: "), reason);
    CHECK_MESSAGE(contains(reason, size < 4 ? "invalid ELF header" : "it is cut short at "), size, ": ", reason);
    CHECK(loaded.find(catalog::Kind::dataset, "inverted") != nullptr);
  }
}

TEST_CASE("what only has the name of a library is refused without being opened by the loader") {
  TempFolder folder;
  const fs::path pipe = folder.path() / "a-pipe.so", directory = folder.path() / "b-folder.so",
                 link = folder.path() / "c-link.so", other = folder.path() / "d-other.so",
                 object = folder.path() / "e-object.so";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_directory(directory);
  fs::create_symlink("nowhere", link);
  std::string bytes = contents_of(good);
  const auto patched = [&](size_t offset, uint16_t value) {
    std::string copy = bytes;
    copy.replace(offset, sizeof value, reinterpret_cast<const char*>(&value), sizeof value);
    return copy;
  };
  write(other, patched(offsetof(Elf64_Ehdr, e_machine), EM_S390));
  write(object, patched(offsetof(Elf64_Ehdr, e_type), ET_REL));
  const std::string said = loading({folder.path()});
  CHECK_MESSAGE(contains(said, "a-pipe.so: is not a plugin: it is no regular file"), said);
  CHECK_MESSAGE(contains(said, "b-folder.so: is not a plugin: it is a folder"), said);
  CHECK_MESSAGE(contains(said, "c-link.so: is not a plugin: No such file or directory"), said);
  CHECK_MESSAGE(contains(said, "d-other.so: is not a plugin: it is made for another machine"), said);
  CHECK_MESSAGE(contains(said, "e-object.so: is not a plugin: it is an ELF file, but no shared library"), said);
}

TEST_CASE("a plugin that asks for something before the host has connected is told so") {
  for (const char* name : {"early_operation.so", "early_line.so"}) {
    const std::string said = loading({broken / name});
    CHECK_MESSAGE(contains(said, std::string(name) + ": something of atelier's was used before the host has connected"),
                  said);
    CHECK_MESSAGE(contains(said, "hint: make it a member of the class"), said);
  }
}

TEST_CASE("what is thrown while a library is loaded, or while it describes itself, comes with the library's name") {
  const std::string variable = loading_apart(broken / "early_throw.so");
  CHECK_MESSAGE(contains(variable,
                         "early_throw.so: a variable at namespace scope threw while the library was loaded: "
                         "stoi"),
                variable);
  const std::string description = loading({broken / "early_description.so"});
  CHECK_MESSAGE(contains(description, "early_description.so: no description, please"), description);
  const std::string number = loading_apart(broken / "early_number.so");
  CHECK_MESSAGE(contains(number,
                         "early_number.so: a variable at namespace scope threw while the library was loaded: an "
                         "exception that is not a std::exception"),
                number);
  const std::string described = loading({broken / "early_described_number.so"});
  CHECK_MESSAGE(contains(described, "early_described_number.so: "), described);
  CHECK_MESSAGE(contains(described, "exception"), described);
}

TEST_CASE("two plugins with a component of one name name each other") {
  const std::string message = loading({fs::path(TEST_PLUGINS) / "inverted.so", broken / "twin.so"});
  CHECK_MESSAGE(contains(message, "twin.so: brings the dataset 'inverted'"), message);
  CHECK_MESSAGE(contains(message, "inverted.so brings too"), message);
  const plugin::Registry twice(
      {fs::path(TEST_PLUGINS) / "inverted.so", fs::path(TEST_PLUGINS)});  // the same file is no twin
  CHECK(twice.find(catalog::Kind::dataset, "inverted") != nullptr);
}

TEST_CASE("a plugin that leaves open which values of a number are better is refused") {
  const std::string twice = loading({broken / "measured_twice.so"});
  CHECK_MESSAGE(contains(twice, "measured_twice.so: the model 'measured': the measure 'loss' is declared twice"),
                twice);
  const std::string nameless = loading({broken / "measured_nameless.so"});
  CHECK_MESSAGE(contains(nameless, "the model 'measured': a measure has no name"), nameless);
  const std::string sideways = loading({broken / "measured_sideways.so"});
  CHECK_MESSAGE(contains(sideways, "the measure 'sharpness' has a direction that is neither"), sideways);
}

TEST_CASE("what a number means is said with it, and nothing is known of a number that is not declared") {
  const catalog::Description& accuracy = registry().get(catalog::Kind::metric, "accuracy").description;
  REQUIRE(accuracy.measure("") != nullptr);
  CHECK(accuracy.measure("")->direction == catalog::Direction::larger);
  CHECK(accuracy.measure("")->unit == "fraction");
  CHECK(accuracy.measure("sharpness") == nullptr);
  const catalog::Description& gan = registry().get(catalog::Kind::model, "gan").description;
  REQUIRE(gan.measure("loss") != nullptr);
  CHECK(gan.measure("loss")->direction == catalog::Direction::neither);
}

TEST_CASE("each plugin sees its own components only, also when built without the SDK's CMake") {
  const plugin::Registry loaded({broken / "bare_one.so", broken / "bare_two.so"});
  CHECK(loaded.descriptions().size() == 3);
  CHECK(loaded.find(catalog::Kind::dataset, "inverted") != nullptr);
  CHECK(loaded.find(catalog::Kind::model, "quiet") != nullptr);
}

TEST_CASE("a plugin in C, of a later minor that can live with this one, has larger structs and works") {
  const catalog::Description& description = registry().get(catalog::Kind::dataset, "grey").description;
  CHECK(description.plugin_version == "7.0.0");
  REQUIRE(description.settings.size() == 2);
  CHECK(description.settings[1].name == "width");
  CHECK(*description.settings[1].maximum == 64);

  const std::string text = "[dataset]\nuse = \"grey\"\nwidth = 4\n[model]\nuse = \"quiet\"\n";
  Bench bench(make(text, {"train.batch_size=10"}));
  CHECK(bench->data.spec().fields.size() == 2);
  CHECK(bench->data.spec().fields[1].classes == 2);
  // Images of 1 to 10 in [0, 10] are 0.1 to 1.0 for the model: the first loss is the mean of their squares.
  CHECK(bench.step().entries.front().value == doctest::Approx(0.385));
  CHECK(bench.values("mean.image").size() == 32);
}

TEST_CASE("a validation split takes whole groups of the dataset's samples") {
  const std::string text = "[dataset]\nuse = \"grey\"\nvalidation = 0.4\n[model]\nuse = \"quiet\"\n";
  Bench bench(make(text, {"train.batch_size=5"}));
  const std::vector<uint32_t>& held_out = bench->data.subsets().validation.indices;
  REQUIRE(held_out.size() == 5);  // one of two groups; four samples cannot be
  CHECK(held_out.back() - held_out.front() == 4);
  CHECK(bench->data.subsets().train.count == 5);
  CHECK(contains(message_of([&] { const Bench one(make(text, {"dataset.validation=0.2"})); }),
                 "dataset.validation: the groups of near-duplicates among the 10 training samples are too large"));
}
