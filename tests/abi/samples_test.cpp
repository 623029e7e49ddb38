// What a dataset writes is looked at where it is read, before anything learns from it.
#include "data/evaluation_batches.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

catalog::Settings settings_of(const std::string& mistake, int64_t label) {
  return {{"mistake", mistake}, {"count", int64_t{20}}, {"label_of_7", label}};
}

std::string run_of(const std::string& dataset) {
  TempFolder folder;
  const experiment::Experiment experiment =
      make("[dataset]\nuse = \"careless\"\n" + dataset + "[model]\nuse = \"quiet\"\n", {"train.batch_size=5"});
  std::string reason;
  const std::string thrown = message_of([&] { reason = train(folder, experiment).outcome.reason; });
  return reason.empty() ? thrown : reason;
}

}  // namespace

TEST_CASE("a label that is none of the classes is named with its dataset, split, sample and range") {
  const std::string high = run_of("label_of_7 = 3\n");
  CHECK_MESSAGE(contains(high, "dataset 'careless', training sample "), high);
  CHECK_MESSAGE(contains(high, ": the field 'label'[1] is 3, expected 0 to 2: it has 3 classes"), high);
  const std::string low = run_of("label_of_7 = -1\n");
  CHECK_MESSAGE(contains(low, ": the field 'label'[1] is -1, expected 0 to 2"), low);
  CHECK(run_of("label_of_7 = 2\n") == "nothing was thrown");

  const plugin::Dataset dataset(registry(), {"careless", settings_of("none", 3), {}}, {}, {});
  float image[16];
  int64_t labels[2];
  void* const places[] = {image, labels};
  dataset.read(plugin::Split::test, 6, places);
  CHECK(message_of([&] { dataset.read(plugin::Split::test, 7, places); }) ==
        "dataset 'careless', test sample 7: the field 'label'[1] is 3, expected 0 to 2: it has 3 classes");
}

TEST_CASE("of several samples that are wrong the first of the batch is named, whichever thread comes first") {
  const experiment::Experiment experiment = make(
      "[dataset]\nuse = \"careless\"\nlabel_of_7 = 9\ncount = 500\n[model]\nuse = \"quiet\"\n", {"train.batch_size=5"});
  const data::ExperimentData data(experiment, registry(), {});
  data::EvaluationBatches batches(data, data.subsets().test, 250);
  const execute::Background* const work = batches.prefetch();
  REQUIRE(work != nullptr);
  REQUIRE(work->pieces == 8);
  for (int32_t piece = work->pieces - 1; piece >= 0; --piece) {
    work->run(piece);
  }
  const std::string message = message_of([&] { batches.step_done(); });
  CHECK_MESSAGE(contains(message, "test sample 7: the field 'label'[1] is 9"), message);
}

TEST_CASE("a sample that is written outside of its place is found when the dataset is opened") {
  for (const char* mistake : {"behind", "before", "doubles"}) {
    const std::string message = message_of([&] {
      const plugin::Dataset dataset(registry(), {"careless", settings_of(mistake, 1), {}}, {}, {});
    });
    CHECK_MESSAGE(message ==
                      "dataset 'careless', training sample 0: was written outside of the field 'image', which has the "
                      "shape (1, 4, 4) of float32",
                  std::string(mistake), ": ", message);
  }
}

TEST_CASE("a batch's last sample that is written behind the batch is found when it is read") {
  const experiment::Experiment experiment =
      make("[dataset]\nuse = \"careless\"\nmistake = \"behind the last\"\n[model]\nuse = \"quiet\"\n",
           {"train.batch_size=5"});
  const data::ExperimentData data(experiment, registry(), {});
  for (const int64_t size : {20, 4, 7}) {
    data::EvaluationBatches batches(data, data.subsets().test, size);
    CHECK(message_of([&] {
            while (batches.next()) {
            }
          }) ==
          "dataset 'careless', test sample 19: was written outside of the field 'image', which has the shape (1, 4, 4) "
          "of float32");
  }
}
