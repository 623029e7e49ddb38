// The data sets themselves, where they are installed. The sums of pixels were computed by NumPy from the same files.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "dataset_host.hpp"

using namespace atelier::testing;

namespace {

// The sum of the picture's bytes.
int64_t pixel_sum(const Sample& sample) {
  int64_t sum = 0;
  for (const float pixel : sample.image) {
    sum += std::lround(pixel * 255.0F);
  }
  return sum;
}

int64_t total(const MadeDataset& dataset, int32_t split, int64_t count) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += pixel_sum(dataset.read(split, i));
  }
  return sum;
}

bool there(const std::string& folder) {
  if (std::filesystem::exists(folder)) {
    return true;
  }
  MESSAGE("not tested: no " << folder);
  return false;
}

}  // namespace

TEST_CASE("Fashion-MNIST as Debian packages it") {
  if (!there("/usr/share/datasets/fashion-mnist")) {
    return;
  }
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const MadeDataset dataset = host.make("fashion-mnist");
  REQUIRE(dataset.error() == "");
  CHECK(dataset.spec().train_count == 60000);
  CHECK(dataset.spec().test_count == 10000);
  CHECK(view(dataset.spec().files[3]) == "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz");

  const std::vector<int64_t> train_labels = {9, 0, 0, 3, 0, 2, 7, 2, 5, 5},
                             test_labels = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7};
  for (size_t i = 0; i < 10; ++i) {
    CHECK(dataset.read(ATL_TRAIN, static_cast<int64_t>(i)).label == train_labels[i]);
    CHECK(dataset.read(ATL_TEST, static_cast<int64_t>(i)).label == test_labels[i]);
  }
  CHECK(pixel_sum(dataset.read(ATL_TRAIN, 0)) == 76247);
  CHECK(pixel_sum(dataset.read(ATL_TRAIN, 1)) == 84598);
  CHECK(pixel_sum(dataset.read(ATL_TRAIN, 59999)) == 16684);
  CHECK(pixel_sum(dataset.read(ATL_TEST, 0)) == 33456);
  CHECK(pixel_sum(dataset.read(ATL_TEST, 9999)) == 24390);
  CHECK(total(dataset, ATL_TRAIN, 60000) == 3431114169);
  CHECK(total(dataset, ATL_TEST, 10000) == 573469082);

  const Sample first = dataset.read(ATL_TRAIN, 0);
  CHECK(first.image[14 * 28 + 12] == 237 / 255.0F);  // row 14, columns 12 and 25
  CHECK(first.image[14 * 28 + 25] == 1.0F);
}

TEST_CASE("MNIST as experiments/get-data fetches it") {
  if (!there(FETCHED_DATA "/mnist")) {
    return;
  }
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const MadeDataset dataset = host.make("mnist", {}, {FETCHED_DATA});
  REQUIRE(dataset.error() == "");
  CHECK(dataset.spec().train_count == 60000);
  CHECK(dataset.spec().test_count == 10000);
  const std::vector<int64_t> labels = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
  for (size_t i = 0; i < labels.size(); ++i) {
    CHECK(dataset.read(ATL_TRAIN, static_cast<int64_t>(i)).label == labels[i]);
  }
  CHECK(total(dataset, ATL_TRAIN, 60000) == 1567298545);
  CHECK(total(dataset, ATL_TEST, 10000) == 264923200);
}

TEST_CASE("reads from many threads at once give equal bits") {
  if (!there("/usr/share/datasets/fashion-mnist")) {
    return;
  }
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const MadeDataset dataset = host.make("fashion-mnist", {{"limit", int64_t{500}}});
  REQUIRE(dataset.error() == "");
  std::vector<Sample> expected;
  for (int64_t i = 0; i < 500; ++i) {
    expected.push_back(dataset.read(ATL_TRAIN, i));
  }
  constexpr size_t threads = 8;
  std::vector<size_t> differences(threads, 0);
  std::vector<std::thread> workers;
  for (size_t t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (size_t i = 0; i < 500; ++i) {
        const size_t index = (i * 7 + t * 61) % 500;
        differences[t] += dataset.read(ATL_TRAIN, static_cast<int64_t>(index)) == expected[index] ? 0 : 1;
      }
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  CHECK(differences == std::vector<size_t>(threads, 0));
}
