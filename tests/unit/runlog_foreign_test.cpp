#include <doctest/doctest.h>

#include <cstring>

#include "runlog_example.hpp"

using namespace atelier;
using namespace atelier::runlog;

namespace {

void check_weights(const std::filesystem::path& path) {
  const std::vector<NamedTensor> weights = Reader(path).foreign_weights(0);
  REQUIRE(weights.size() == 2);
  CHECK(weights[0].name == "0.weight");
  CHECK(weights[0].value.shape == tensor::Shape{2, 3});
  CHECK(std::memcmp(weights[0].value.storage.data(), example::foreign_weight.data(), 6 * sizeof(float)) == 0);
  CHECK(weights[1].name == "1.mean");
  CHECK(weights[1].value.shape.rank() == 0);
  CHECK(std::memcmp(weights[1].value.storage.data(), example::foreign_mean.data(), sizeof(float)) == 0);
}

}  // namespace

TEST_CASE("foreign weights are read back bit by bit, also after a resumption") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  example::write_foreign(log);
  log.flush();
  check_weights(path);
  example::write_steps(log, 0, 70);
  log.close();
  check_weights(path);

  Writer resumed = Writer::reopen(path, 50);
  example::write_steps(resumed, 50, 100);
  example::finish(resumed, 100);
  check_weights(path);
}

TEST_CASE("several foreign runs keep their order, and one may have no weights") {
  const example::Folder folder;
  RunDescription run;
  for (int64_t i = 0; i < 12; ++i) {
    run.foreign.push_back({"run", std::to_string(i), "", {{"weight", {i, 2}}}});
  }
  run.foreign.push_back({"none", "", "", {}});
  Writer log = Writer::create(folder / "log.h5", run);
  const std::vector<float> values(24, 0.5F);
  for (size_t i = 0; i < 12; ++i) {
    log.write_foreign(i, std::array{ArrayView{"weight", std::span(values).first(2 * i)}});
  }
  log.write_foreign(12, {});
  log.close();

  const Reader reader(folder / "log.h5");
  REQUIRE(reader.description().foreign.size() == 13);
  for (size_t i = 0; i < 12; ++i) {
    CHECK(reader.description().foreign[i].run_id == std::to_string(i));
    CHECK(reader.foreign_weights(i).at(0).value.shape == tensor::Shape{static_cast<int64_t>(i), 2});
  }
  CHECK(reader.foreign_weights(12).empty());
}

TEST_CASE("foreign weights that were not declared, or come too late, are refused and harm nothing") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  const ArrayView weight{"0.weight", example::foreign_weight};
  const ArrayView mean{"1.mean", example::foreign_mean};
  const auto refused = [&](size_t index, const std::vector<ArrayView>& weights) {
    return example::message_of([&] { log.write_foreign(index, weights); });
  };
  CHECK(refused(1, {weight, mean}) == "run log: foreign run 1 was not declared");
  CHECK(refused(0, {weight}) == "run log: foreign/0/weights: got 1 arrays, expected 2");
  CHECK(refused(0, {mean, weight}) ==
        "run log: foreign/0/weights: array 0: got '1.mean' of 1 float32, expected '0.weight' of 6 float32");
  CHECK(refused(0, {{"0.weight", std::span(example::foreign_weight).first(5)}, mean}) ==
        "run log: foreign/0/weights: array 0: got '0.weight' of 5 float32, expected '0.weight' of 6 float32");
  example::write_foreign(log);
  example::write_steps(log, 0, 3);
  CHECK(refused(0, {weight, mean}) ==
        "run log: foreign/0: got weights after step 3, expected them before the first row");
  log.close();
  check_weights(path);
}

TEST_CASE("foreign weights that a log does not have, or that are damaged, say so") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer::create(path, example::description()).close();
  const auto reading = [&](size_t index) {
    return example::message_of([&] { (void)Reader(path).foreign_weights(index); });
  };
  CHECK(reading(1) ==
        path.string() + ": got the foreign run 1, expected one of the 1 that the log has, counted from 0");
  CHECK(reading(0) == path.string() + ": cannot be read: the weights of its foreign run cnn-mnist were not written");

  Writer anew = Writer::reopen(path, -1);
  example::write_foreign(anew);
  anew.close();
  check_weights(path);

  std::string bytes = example::bytes_of(path);
  const std::string weight(reinterpret_cast<const char*>(example::foreign_weight.data()),
                           sizeof(example::foreign_weight));
  const size_t found = bytes.find(weight);
  REQUIRE(found != std::string::npos);
  bytes[found] = '?';
  std::ofstream(path, std::ios::binary) << bytes;
  CHECK(reading(0) == path.string() +
                          ": cannot be read: the weights of its foreign run cnn-mnist are damaged: their hash "
                          "differs from what was written");
}
