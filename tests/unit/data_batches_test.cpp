// Batches of drawn shapes, each of which is known again by its pixels.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "data/chosen_samples.hpp"
#include "data/evaluation_batches.hpp"
#include "data/training_batches.hpp"

using namespace atelier;
using data::ExperimentData;
using data::TrainingBatches;

namespace {

constexpr int64_t size = 16, pixels = size * size;
constexpr int64_t train_count = 50, test_count = 23;
using Picture = std::vector<float>;

const plugin::Registry& shapes_alone() {
  static const plugin::Registry loaded({SHAPES_PLUGIN});
  return loaded;
}

experiment::Experiment experiment_of(const std::string& dataset = "") {
  const std::string text = R"(
name = "batches"
[dataset]
use = "shapes"
size = 16
count = 50
test_count = 23
)" + dataset + R"(
[model]
use = "none"
[optimizer]
use = "none"
[train]
steps = 1
batch_size = 8
)";
  std::vector<catalog::Description> components = shapes_alone().descriptions();
  for (const catalog::Kind kind : {catalog::Kind::model, catalog::Kind::optimizer}) {
    catalog::Description none;
    none.kind = kind;
    none.name = "none";
    components.push_back(none);
  }
  return experiment::parse(text, "batches.toml", ".", {}, components);
}

Picture picture_at(const plugin::BatchSource& batch, int64_t place) {
  const auto* first = static_cast<const float*>(batch.fields()[0].data) + place * pixels;
  return {first, first + pixels};
}

std::vector<Picture> pictures_of(const plugin::BatchSource& batch) {
  std::vector<Picture> out;
  for (int64_t i = 0; i < batch.size(); ++i) {
    out.push_back(picture_at(batch, i));
  }
  return out;
}

// The index of each sample in the dataset, by its pixels.
class Known {
 public:
  Known(const ExperimentData& data, plugin::Split split, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      Picture picture(pixels);
      int64_t label = 0;
      void* const fields[] = {picture.data(), &label};
      data.dataset().read(split, i, fields);
      REQUIRE(index_.emplace(picture, i).second);
    }
  }
  [[nodiscard]] std::vector<int64_t> in(const plugin::BatchSource& batch) const {
    std::vector<int64_t> out;
    for (const Picture& picture : pictures_of(batch)) {
      REQUIRE(index_.count(picture) == 1);
      out.push_back(index_.at(picture));
    }
    return out;
  }

 private:
  std::map<Picture, int64_t> index_;
};

std::vector<int64_t> epoch_of(TrainingBatches& batches, const Known& known, std::vector<int64_t>& sizes) {
  std::vector<int64_t> out;
  for (int64_t b = 0; b < batches.batches_per_epoch(); ++b) {
    batches.begin_step();
    const std::vector<int64_t> found = known.in(batches);
    out.insert(out.end(), found.begin(), found.end());
    sizes.push_back(batches.size());
    batches.step_done();
  }
  return out;
}

void run_all(const execute::Background& work) {
  std::thread other([&] {
    for (int32_t piece = 1; piece < work.pieces; piece += 2) {
      work.run(piece);
    }
  });
  for (int32_t piece = 0; piece < work.pieces; piece += 2) {
    work.run(piece);
  }
  other.join();
}

std::vector<int64_t> upto(int64_t count) {
  std::vector<int64_t> out(static_cast<size_t>(count));
  std::iota(out.begin(), out.end(), int64_t{0});
  return out;
}

}  // namespace

TEST_CASE("training batches: an epoch takes every sample once, in an order of its own, the last batch smaller") {
  const experiment::Experiment experiment = experiment_of();
  const ExperimentData data(experiment, shapes_alone(), {});
  const Known known(data, plugin::Split::train, train_count);
  TrainingBatches batches(data, 8, 3);
  CHECK(batches.batches_per_epoch() == 7);
  std::vector<int64_t> sizes;
  const std::vector<int64_t> first = epoch_of(batches, known, sizes);
  const std::vector<int64_t> second = epoch_of(batches, known, sizes);
  for (std::vector<int64_t> epoch : {first, second}) {
    CHECK(epoch != upto(train_count));
    std::ranges::sort(epoch);
    CHECK(epoch == upto(train_count));
  }
  CHECK(first != second);
  CHECK(sizes == std::vector<int64_t>{8, 8, 8, 8, 8, 8, 2, 8, 8, 8, 8, 8, 8, 2});
  TrainingBatches other_seed(data, 8, 4);
  CHECK(epoch_of(other_seed, known, sizes) != first);
}

TEST_CASE("training batches: a batch's number says all about it") {
  const experiment::Experiment experiment = experiment_of();
  const ExperimentData data(experiment, shapes_alone(), {});
  TrainingBatches walked(data, 8, 3);
  for (int64_t b = 0; b <= 10; ++b) {
    walked.begin_step();
    walked.step_done();
  }
  CHECK(walked.consumed() == 11);
  TrainingBatches sought(data, 8, 3);
  sought.seek(10);
  sought.begin_step();
  CHECK(pictures_of(sought) == pictures_of(walked));
}

TEST_CASE("training batches: what is assembled ahead, on other threads, is what the steps would have taken") {
  const experiment::Experiment experiment = experiment_of("[dataset.transform]\nshift = 2\nnoise = 0.1\n");
  const ExperimentData data(experiment, shapes_alone(), {});
  for (const int64_t per_step : {1, 3}) {
    TrainingBatches plain(data, 40, 3), ahead(data, 40, 3);  // of 40: two pieces each
    for (int64_t step = 0; step < 5; ++step) {
      plain.begin_step();
      ahead.begin_step();
      for (int64_t b = 0; b < per_step; ++b) {
        CHECK(pictures_of(ahead) == pictures_of(plain));
        if (b + 1 < per_step) {
          plain.advance();
          ahead.advance();
        }
      }
      const execute::Background* work = ahead.prefetch();
      REQUIRE(work != nullptr);
      CHECK(work->pieces >= per_step);
      run_all(*work);
      ahead.check();
      CHECK(ahead.prefetch() == nullptr);  // all is there
      plain.step_done();
      ahead.step_done();
    }
    CHECK(ahead.consumed() == 5 * per_step);
  }
}

TEST_CASE("training batches: the memory of a running step is left alone until the step is done") {
  const experiment::Experiment experiment = experiment_of();
  const ExperimentData data(experiment, shapes_alone(), {});
  TrainingBatches batches(data, 8, 3);
  batches.begin_step();
  const void* const running = batches.fields()[0].data;
  const std::vector<Picture> before = pictures_of(batches);
  batches.begin_step();  // recorded while the first runs
  const void* const recorded = batches.fields()[0].data;
  CHECK(recorded != running);
  run_all(*batches.prefetch());
  const auto* floats = static_cast<const float*>(running);
  CHECK(std::equal(before[0].begin(), before[0].end(), floats));
  batches.step_done();
  batches.begin_step();
  batches.begin_step();
  CHECK(batches.fields()[0].data == running);  // of the first step, which is done
}

TEST_CASE("evaluation batches: every sample of a split once, in order, prefetched or not") {
  const experiment::Experiment experiment = experiment_of();
  const ExperimentData data(experiment, shapes_alone(), {});
  const Known known(data, plugin::Split::test, test_count);
  for (const bool prefetched : {false, true}) {
    data::EvaluationBatches batches(data, data.subsets().test, 9);
    std::vector<int64_t> seen;
    while (batches.next()) {
      CHECK(batches.first_index() == static_cast<int64_t>(seen.size()));
      const std::vector<int64_t> found = known.in(batches);
      seen.insert(seen.end(), found.begin(), found.end());
      if (const execute::Background* work = prefetched ? batches.prefetch() : nullptr) {
        run_all(*work);
        batches.step_done();
      }
    }
    CHECK(seen == upto(test_count));
    CHECK_THROWS_WITH_AS(batches.advance(), "next_batch: only in train_step", Error);
  }
}

TEST_CASE("evaluation batches: a validation split has what training does not") {
  const experiment::Experiment experiment = experiment_of("validation = 0.2\n");
  const ExperimentData data(experiment, shapes_alone(), {});
  const Known known(data, plugin::Split::train, train_count);
  CHECK(&data.evaluated_subset() == &data.subsets().validation);
  CHECK(data.evaluates_test_apart());
  std::set<int64_t> held_out;
  data::EvaluationBatches validation(data, data.evaluated_subset(), 4);
  while (validation.next()) {
    for (const int64_t index : known.in(validation)) {
      held_out.insert(index);
    }
  }
  CHECK(held_out.size() == 10);
  TrainingBatches batches(data, 8, 3);
  std::vector<int64_t> sizes;
  const std::vector<int64_t> trained = epoch_of(batches, known, sizes);
  CHECK(trained.size() == 40);
  CHECK(std::ranges::none_of(trained, [&](int64_t index) { return held_out.count(index) > 0; }));
}

TEST_CASE("chosen samples: as many as there are, the same for a seed") {
  const experiment::Experiment experiment = experiment_of();
  const ExperimentData data(experiment, shapes_alone(), {});
  const Known known(data, plugin::Split::test, test_count);
  const data::ChosenSamples five(data, data.subsets().test, 5, 1);
  CHECK(five.size() == 5);
  CHECK(known.in(five) == known.in(data::ChosenSamples(data, data.subsets().test, 5, 1)));
  CHECK(known.in(five) != known.in(data::ChosenSamples(data, data.subsets().test, 5, 2)));
  const data::ChosenSamples all(data, data.subsets().test, 1000, 1);
  std::vector<int64_t> indices = known.in(all);
  std::ranges::sort(indices);
  CHECK(indices == upto(test_count));
}

TEST_CASE("an experiment's data refuses sizes that it does not have") {
  experiment::Experiment experiment = experiment_of();
  experiment.train.batch_size = 51;
  CHECK_THROWS_WITH_AS(ExperimentData(experiment, shapes_alone(), {}),
                       "batches.toml:15:14: train.batch_size: got 51, expected at most the 50 training samples of "
                       "'shapes'",
                       Error);
}

TEST_CASE("a batch that no machine has memory for is named by its field, with its axes") {
  const auto experiment = experiment_of();
  const ExperimentData shapes(experiment, shapes_alone(), {});
  std::string message = "nothing was thrown";
  try {
    const data::Batch batch(shapes, 10'000'000'000);
  } catch (const Error& error) {
    message = error.what();
    CHECK(error.kind() == ErrorKind::memory);
  }
  CHECK_MESSAGE(
      message.starts_with("a batch of the field 'image', float32 (B = 10000000000, C = 1, H = 16, W = 16), needs "
                          "10.2 TB of memory, this machine has "),
      message);
}
