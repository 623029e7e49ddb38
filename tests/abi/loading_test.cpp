// What the host says of files that are no plugins, or plugins of another time.
#include <fstream>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string loading(const std::vector<fs::path>& paths) {
  return message_of([&] { const plugin::Registry loaded(paths); });
}

const fs::path broken = BROKEN_PLUGINS;

}  // namespace

TEST_CASE("a plugin for a newer minor or another major is refused with both versions") {
  const std::string minor = loading({broken / "future_minor.so"});
  CHECK_MESSAGE(contains(minor, "future_minor.so"), minor);
  CHECK_MESSAGE(contains(minor, "needs the contract 1.7"), minor);
  CHECK_MESSAGE(contains(minor, "speaks 1.2"), minor);
  CHECK_MESSAGE(contains(minor, "hint: use a newer atelier"), minor);
  const std::string major = loading({broken / "future_major.so"});
  CHECK_MESSAGE(contains(major, "needs the contract 2.0"), major);
  CHECK_MESSAGE(contains(major, "speaks 1.2"), major);
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

TEST_CASE("two plugins with a component of one name name each other") {
  const std::string message = loading({fs::path(TEST_PLUGINS) / "inverted.so", broken / "twin.so"});
  CHECK_MESSAGE(contains(message, "twin.so: brings the dataset 'inverted'"), message);
  CHECK_MESSAGE(contains(message, "inverted.so brings too"), message);
  const plugin::Registry twice(
      {fs::path(TEST_PLUGINS) / "inverted.so", fs::path(TEST_PLUGINS)});  // the same file is no twin
  CHECK(twice.find(catalog::Kind::dataset, "inverted") != nullptr);
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

TEST_CASE("a dataset from before there were groups has each sample in one of its own") {
  const catalog::Settings settings{{"height", int64_t{8}}, {"width", int64_t{6}}};
  const auto group = [&](const plugin::Registry& loaded) {
    return plugin::Dataset(loaded, {"grey", settings, nullptr}, {}, {}).group(7);
  };
  CHECK(group(registry()) == 1);
  CHECK(group(plugin::Registry({broken / "earlier.so"})) == 7);
}
