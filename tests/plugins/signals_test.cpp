#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <thread>

#include "dataset_host.hpp"

using namespace atelier::testing;

namespace {

enum Class : int64_t { tone, chirp, ping };

const DatasetHost& host() {
  return DatasetHost::of(SIGNALS_PLUGIN);
}

// Without noise, so that what it is made of can be looked at.
MadeDataset clean(int64_t length) {
  return host().make("signals", {{"noise", 0.0}, {"length", length}, {"count", int64_t{300}}});
}

// The mean square of a part of a signal.
double power(const std::vector<float>& signal, size_t first, size_t count) {
  const auto square = [](double sum, float x) { return sum + static_cast<double>(x) * static_cast<double>(x); };
  return std::accumulate(signal.begin() + static_cast<std::ptrdiff_t>(first),
                         signal.begin() + static_cast<std::ptrdiff_t>(first + count), 0.0, square) /
         static_cast<double>(count);
}

// How often a part of a signal goes up through 0.
int64_t rises(const std::vector<float>& signal, size_t first, size_t count) {
  int64_t found = 0;
  for (size_t t = first + 1; t < first + count; ++t) {
    found += signal[t - 1] < 0 && signal[t] >= 0 ? 1 : 0;
  }
  return found;
}

}  // namespace

TEST_CASE("signals have the fields, counts and no files that their settings say") {
  const MadeDataset usual = host().make("signals");
  REQUIRE(usual.error() == "");
  const atl_field& signal = usual.spec().fields[0];
  CHECK(view(signal.name) == "signal");
  CHECK(signal.kind == ATL_SIGNAL);
  CHECK(usual.image_dims() == std::vector<int64_t>{1, 128});
  CHECK(signal.low == -1);
  CHECK(signal.high == 1);
  CHECK(signal.rate == 4000);
  const atl_field& label = usual.spec().fields[1];
  CHECK(label.classes == 3);
  REQUIRE(label.class_name_count == 3);
  CHECK(view(label.class_names[ping]) == "ping");
  CHECK(usual.spec().train_count == 8000);
  CHECK(usual.spec().test_count == 1000);
  CHECK(usual.spec().file_count == 0);
  const MadeDataset other = host().make(
      "signals", {{"length", int64_t{9}}, {"rate", 44100.0}, {"count", int64_t{7}}, {"test_count", int64_t{2}}});
  CHECK(other.image_dims() == std::vector<int64_t>{1, 9});
  CHECK(other.spec().fields[0].rate == 44100);
  CHECK(other.spec().train_count == 7);
  CHECK(other.spec().test_count == 2);
}

TEST_CASE("the first 100 signals have the same bits on every machine") {
  CHECK(hash_of_100(host().make("signals")) == 5081853297157000269U);
  CHECK(hash_of_100(host().make("signals", {{"length", int64_t{33}}, {"noise", 0.5}, {"seed", int64_t{-5}}})) ==
        16645068811384132990U);
}

TEST_CASE("values stay in [-1, 1] and are no silence, with whatever noise") {
  for (const double noise : {0.0, 0.02, 0.5}) {
    for (const int64_t length : {8, 128, 1000}) {
      const MadeDataset dataset = host().make("signals", {{"noise", noise}, {"length", length}});
      for (int64_t i = 0; i < 200; ++i) {
        const std::vector<float> signal = dataset.read(ATL_TRAIN, i).image;
        const auto [low, high] = std::ranges::minmax(signal);
        REQUIRE(low >= -1.0F);
        REQUIRE(high <= 1.0F);
        REQUIRE((high - low > 0.2F || length < 128));  // eight values see but the top of a wave
      }
    }
  }
}

TEST_CASE("each class is about a third of both splits") {
  const MadeDataset dataset = host().make("signals");
  for (const int32_t split : {ATL_TRAIN, ATL_TEST}) {
    std::array<int, 3> counts{};
    for (int64_t i = 0; i < 900; ++i) {
      ++counts.at(static_cast<size_t>(dataset.read(split, i).label));
    }
    for (const int count : counts) {
      CHECK(count > 240);
      CHECK(count < 360);
    }
  }
}

TEST_CASE("a tone goes on as it is, a chirp rises, and a ping dies away") {
  const MadeDataset dataset = clean(512);
  std::array<int, 3> seen{};
  for (int64_t i = 0; i < 300; ++i) {
    const Sample sample = dataset.read(ATL_TRAIN, i);
    CAPTURE(i);
    CAPTURE(sample.label);
    ++seen.at(static_cast<size_t>(sample.label));
    const double beginning = power(sample.image, 0, 128), end = power(sample.image, 384, 128);
    const int64_t slow = rises(sample.image, 0, 256), fast = rises(sample.image, 256, 256);
    if (sample.label == ping) {
      CHECK(end < 0.1 * beginning);
    } else {
      CHECK(end > 0.5 * beginning);
      CHECK(end < 2 * beginning);
    }
    if (sample.label == chirp) {
      CHECK(fast > slow);
    } else {
      CHECK(std::abs(fast - slow) <= 2);
    }
  }
  CHECK(*std::ranges::min_element(seen) > 50);
}

TEST_CASE("noise is added to the same signal, at most so much of it") {
  const MadeDataset quiet = host().make("signals", {{"noise", 0.0}}), noisy = host().make("signals", {{"noise", 0.1}});
  double largest = 0;
  for (int64_t i = 0; i < 50; ++i) {
    const Sample a = quiet.read(ATL_TRAIN, i), b = noisy.read(ATL_TRAIN, i);
    CHECK(a.label == b.label);
    for (size_t t = 0; t < a.image.size(); ++t) {
      largest = std::max(largest, static_cast<double>(std::abs(a.image[t] - b.image[t])));
    }
  }
  CHECK(largest > 0.09);
  CHECK(largest < 0.1001);
}

TEST_CASE("seed, split and index each give other signals; count does not") {
  const MadeDataset a = host().make("signals"), b = host().make("signals", {{"seed", int64_t{1}}}),
                    c = host().make("signals", {{"count", int64_t{20}}});
  for (int64_t i = 0; i < 20; ++i) {
    CHECK(a.read(ATL_TRAIN, i).image != b.read(ATL_TRAIN, i).image);
    CHECK(a.read(ATL_TRAIN, i).image != a.read(ATL_TEST, i).image);
    CHECK(a.read(ATL_TRAIN, i).image != a.read(ATL_TRAIN, i + 1).image);
    CHECK(a.read(ATL_TRAIN, i) == c.read(ATL_TRAIN, i));
  }
}

TEST_CASE("signals read from many threads at once have equal bits") {
  const MadeDataset dataset = host().make("signals");
  const uint64_t expected = hash_of_100(dataset);
  std::vector<uint64_t> hashes(8, 0);
  std::vector<std::thread> workers;
  for (uint64_t& hash : hashes) {
    workers.emplace_back([&] { hash = hash_of_100(dataset); });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  CHECK(hashes == std::vector<uint64_t>(8, expected));
}

TEST_CASE("an index that signals do not have is told") {
  const MadeDataset dataset = host().make("signals", {{"count", int64_t{10}}});
  (void)dataset.read(ATL_TRAIN, 10);
  CHECK(dataset.error() == "index 10, expected 0 to 9");
}
