#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "compare/json.hpp"
#include "compare/run.hpp"
#include "compare/sample_values.hpp"
#include "runlog_example.hpp"

using namespace atelier;
using nlohmann::json;
namespace example = runlog::example;

namespace {

std::vector<float> counting(size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

// A log with samples of each kind, two rows of them.
class Log {
 public:
  Log() {
    runlog::RunDescription run = example::description();
    run.samples.push_back({"grid", 2, {2, 2}, catalog::FieldKind::numbers});
    runlog::Writer log = runlog::Writer::create(path(), run);
    for (const int64_t step : {100, 200}) {
      log.append_samples("grey", step, example::pixels(step, size_t{5} * 4 * 3));
      log.append_samples("verses", step, std::vector<int64_t>(12), {"a\tb\n\x1b[31mred", "", "größer"});
      log.append_samples("chords", step, counting(20));
      log.append_samples("rows", step, counting(6));
      log.append_samples("grid", step, counting(8));
    }
    log.close();
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "log.h5"; }
  [[nodiscard]] std::string text() const {
    return compare::to_text(compare::read_run(path()), compare::read_details(path()), {});
  }
  [[nodiscard]] json document() const {
    return json::parse(compare::to_json(compare::read_run(path()), compare::read_details(path())));
  }

 private:
  example::Folder folder_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

compare::SampleRows rows_of(catalog::FieldKind kind, const tensor::Shape& dims, const std::vector<float>& values) {
  compare::SampleRows rows{{"a", 2, dims, kind}, {1}};
  tensor::Shape shape{2};
  for (const int64_t length : dims.dims()) {
    shape.append(length);
  }
  rows.values = tensor::Tensor(shape, tensor::DType::f32);
  std::ranges::copy(values, rows.values.storage.as<float>());
  return rows;
}

}  // namespace

TEST_CASE("samples that are no images are summed up channel by channel, column by column, or all at once") {
  using enum catalog::FieldKind;
  const auto chords = compare::ranges_of(rows_of(signal, {2, 3}, counting(12)), {"left"});
  REQUIRE(chords.size() == 2);
  CHECK(chords[0].name == "left");
  CHECK(chords[0].smallest == 0);  // 0, 1, 2 of the one and 6, 7, 8 of the other
  CHECK(chords[0].largest == 8);
  CHECK(chords[0].mean == doctest::Approx(4));
  CHECK(chords[1].name == "2");
  CHECK(chords[1].smallest == 3);
  CHECK(chords[1].largest == 11);
  const auto rows = compare::ranges_of(rows_of(table_row, {2}, {-1, 5, -3, 9}), {"height", "size"});
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].name == "size");
  CHECK(rows[0].mean == doctest::Approx(-2));
  CHECK(rows[1].smallest == 5);
  const auto grid = compare::ranges_of(rows_of(numbers, {2, 2}, counting(8)), {});
  REQUIRE(grid.size() == 1);
  CHECK(grid[0].name == "all");
  CHECK(grid[0].mean == doctest::Approx(3.5));
}

TEST_CASE(
    "one run's text shows texts, and what values there are of all else, by the names that the data have for them") {
  const std::string text = Log().text();
  CAPTURE(text);
  CHECK(contains(text,
                 "grey: 5 of the kind 'image' (1, 4, 3), 2 times, steps 100 to 200; in the log: "
                 "/samples/grey/images, newest grid: /samples/grey/preview\n"));
  CHECK(contains(text,
                 "verses: 3 of the kind 'tokens' (4), 2 times, steps 100 to 200; in the log: /samples/verses/text\n"));
  CHECK(contains(text, "  sample 0\n    a\tb\n    \xE2\x90\x9B[31mred\n"));  // which paints nothing
  CHECK(contains(text, "  sample 2\n    größer\n"));
  CHECK(contains(text, "films: 2 of the kind 'image sequence' (3, 1, 2, 4), none yet"));
  for (const char* part : {"channel  ", "left ", "right ", "column  ", "height ", "größe ", "values  ", "all "}) {
    CHECK_MESSAGE(contains(text, part), part);
  }
  CHECK(contains(text, "data       text: tokens, int64 (9), 3 classes: a, \xE2\x90\x8A, ß\n"));
  CHECK(contains(text, "data       sound: signal, float32 (2, 5), -0.5 to 0.5, 44100 values a second: left, right\n"));
  CHECK(contains(text, "data       person: table row, float32 (2), 0 to 200: height, größe\n"));
  CHECK(contains(text, "data       image: image, uint8 (3, 6, 5), -1 to 1\n"));
}

TEST_CASE("one run's text does not end in a vocabulary") {
  const example::Folder folder;
  runlog::RunDescription run;
  catalog::FieldSpec text{"text", tensor::DType::i64, {9}, 5000, 0, 0, {}, catalog::FieldKind::tokens};
  for (int i = 0; i < 5000; ++i) {
    text.class_names.push_back(fmt::format("w{}", i));
  }
  run.data = {{text}, 1, 1, {}};
  runlog::Writer::create(folder / "log.h5", run).close();
  const std::string shown =
      compare::to_text(compare::read_run(folder / "log.h5"), compare::read_details(folder / "log.h5"), {});
  CHECK(contains(shown, "text: tokens, int64 (9), 5000 classes: w0, w1, "));
  CHECK(contains(shown, ", w23, ...\n"));
}

TEST_CASE("one run's JSON has the newest samples of each kind, and the data that they are like") {
  const json document = Log().document();
  const json& samples = document.at("samples");
  CHECK(samples.at("grey").at("preview") == "/samples/grey/preview");
  CHECK(!samples.at("grey").contains("newest"));
  CHECK(samples.at("verses") == json::parse(R"({"count": 3, "kind": "tokens", "field": "text", "shape": [4],
      "step": [100, 200], "dataset": "/samples/verses/text", "newest": ["a\tb\n\u001b[31mred", "", "größer"]})"));
  CHECK(samples.at("rows") == json::parse(R"({"count": 3, "kind": "table row", "field": "person", "shape": [2],
      "step": [100, 200], "dataset": "/samples/rows/values",
      "newest": [{"name": "height", "smallest": 0.0, "mean": 2.0, "largest": 4.0},
                 {"name": "größe", "smallest": 1.0, "mean": 3.0, "largest": 5.0}]})"));
  CHECK(samples.at("chords").at("newest").at(1).at("name") == "right");
  CHECK(samples.at("grid").at("field").is_null());
  CHECK(samples.at("grid").at("newest").size() == 1);
  CHECK(samples.at("films").at("step").empty());
  const json& data = document.at("data");
  CHECK(data.at("sound") == json::parse(R"({"kind": "signal", "type": "float32", "shape": [2, 5], "classes": 0,
      "low": -0.5, "high": 0.5, "rate": 44100.0, "channel_names": ["left", "right"], "length_field": null})"));
  CHECK(data.at("text").at("length_field") == "length");
  CHECK(document.at("provenance").at("classes").at("text") == json::parse(R"(["a", "\n", "ß"])"));
}
