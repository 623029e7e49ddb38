// What a log says of itself by its own hashes, and the checkpoints that stay in it.
#include <doctest/doctest.h>
#include <hdf5.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "runlog_changed.hpp"
#include "runlog_example.hpp"

using namespace atelier;
using namespace atelier::runlog;

namespace {

// Keeps a checkpoint every 100 steps.
void write_kept_by_hundreds(Writer& log, int64_t first, int64_t last) {
  for (int64_t step = first; step < last; step += 100) {
    example::write_steps(log, step, std::min(step + 100, last));
    if ((step + 100) <= last) {
      example::write_checkpoint(log, step + 100, &Writer::keep_checkpoint);
    }
  }
}

void write_log(const std::filesystem::path& path, int64_t steps, bool whole = true) {
  Writer log = Writer::create(path, example::description());
  example::write_foreign(log);
  example::write_checkpoint(log, 0);
  example::write_checkpoint(log, 0, &Writer::keep_checkpoint);
  write_kept_by_hundreds(log, 0, steps);
  if (whole) {
    example::finish(log, steps);
  } else {
    log.close();
  }
}

std::vector<std::string> faults_after(const std::string& bytes, const std::function<void(hid_t)>& change) {
  const example::Folder folder;
  std::ofstream(folder / "log.h5", std::ios::binary) << bytes;
  const hid_t file = H5Fopen((folder / "log.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change(file);
  REQUIRE(H5Fclose(file) >= 0);
  return Reader(folder / "log.h5").chain().faults;
}

using Faults = std::vector<std::string>;

}  // namespace

TEST_CASE("a log that nobody has changed is what its hashes say, and equal runs have one head") {
  const example::Folder folder;
  write_log(folder / "log.h5", 1230);
  const Chain chain = Reader(folder / "log.h5").chain();
  CHECK(chain.there);
  CHECK(chain.faults.empty());
  CHECK(chain.links == 13 + 1 + 1);
  CHECK(chain.rows == 1230 + 24 + 10 * 12);
  CHECK(chain.later_rows == 0);
  CHECK(chain.step == 1230);

  {  // the same, but interrupted, on another clock, and flushed now and then
    Writer log = Writer::create(folder / "again.h5", example::description());
    example::write_foreign(log);
    example::write_checkpoint(log, 0);
    example::write_checkpoint(log, 0, &Writer::keep_checkpoint);
    write_kept_by_hundreds(log, 0, 300);
    example::write_steps(log, 300, 340, 0.002);
    log.close();
  }
  const int64_t step = Reader(folder / "again.h5").newest_checkpoint()->step;
  CHECK(step == 300);
  Writer log = Writer::reopen(folder / "again.h5", step);
  log.flush();
  write_kept_by_hundreds(log, step, 1230);
  example::finish(log, 1230);
  const Chain again = Reader(folder / "again.h5").chain();
  CHECK(again.faults.empty());
  CHECK(again.head == chain.head);
  CHECK(again.links == chain.links);
  CHECK((example::bytes_of(folder / "again.h5") == example::bytes_of(folder / "log.h5")));
}

TEST_CASE("what is changed afterwards is named") {
  const example::Folder folder;
  write_log(folder / "log.h5", 300);
  const std::string bytes = example::bytes_of(folder / "log.h5");
  const auto faults_of = [&](const char* dataset, hsize_t element) {
    return faults_after(bytes, [&](hid_t file) { example::change_element(file, dataset, element); });
  };
  CHECK(faults_of("/metrics/train/wait", 120) ==
        Faults{"metrics/train: rows 100 to 199, counted from 0, are not as they were written (kept/200)"});
  CHECK(faults_of("/metrics/train/step", 0) ==
        Faults{"metrics/train: rows 0 to 99, counted from 0, are not as they were written (kept/100)"});
  CHECK(faults_of("/metrics/eval/epoch", 5) ==
        Faults{"metrics/eval: rows 4 to 5, counted from 0, are not as they were written (kept/300)"});
  CHECK(faults_of("/samples/colour/images", 3) ==
        Faults{"samples/colour: rows 0 to 0, counted from 0, are not as they were written (kept/100)"});
  CHECK(faults_of("/samples/verses/tokens", 30) ==
        Faults{"samples/verses: rows 2 to 2, counted from 0, are not as they were written (kept/300)"});
  CHECK(faults_of("/samples/grey/preview", 100) ==
        Faults{"samples/grey/preview: not the picture of the newest samples"});
  CHECK(faults_of("/tensors/filters/values", 7) ==
        Faults{"tensors/filters: rows 1 to 1, counted from 0, are not as they were written (kept/200)"});
  CHECK(faults_of("/experiment/resolved", 0) ==
        Faults{"/experiment, /provenance or /data: not what was known when the run began"});
  CHECK(faults_of("/kept/200/optimizer/generator.0.weight.m", 0).front() ==
        "kept/200: damaged: its hash differs from what was written");
  CHECK(faults_of("/best/summary/value", 0) ==
        Faults{"best: its best weights are damaged: their hash differs from what was written"});
  CHECK(faults_of("/final/summary/loss", 0) ==
        Faults{"final: its final weights are damaged: their hash differs from what was written"});
  CHECK(faults_of("/foreign/0/weights/0.weight", 2) ==
        Faults{"foreign/0: the weights of its foreign run cnn-mnist are damaged: their hash differs from what was "
               "written"});
  CHECK(faults_of("/final/history/rows", 0) ==
        Faults{"final: its final weights are damaged: their hash differs from what was written"});
  CHECK(faults_after(bytes, [](hid_t file) { H5Ldelete(file, "/kept/200", H5P_DEFAULT); }) ==
        Faults{"kept/300: the checkpoint that was kept before it is gone, or another one"});
  CHECK(faults_after(bytes, [](hid_t file) { H5Ldelete(file, "/kept/300", H5P_DEFAULT); }) ==
        Faults{"checkpoints/a: the checkpoint that was kept before it is gone, or another one",
               "final: the checkpoint that was kept before it is gone, or another one"});
  CHECK(faults_after(bytes,
                     [](hid_t file) {
                       const hid_t dataset = H5Dopen2(file, "/tensors/scale/values", H5P_DEFAULT);
                       const hsize_t rows = 2;
                       H5Dset_extent(dataset, &rows);
                       H5Dclose(dataset);
                     }) ==
        Faults{"tensors/scale: /tensors/scale/values: got float32 of shape (2), expected rows 2 to 2, 1 values in "
               "all"});
  CHECK(faults_of("/timing/train/wall_seconds", 0).empty());
}

TEST_CASE("what follows the newest checkpoint is covered by nothing yet") {
  const example::Folder folder;
  write_log(folder / "log.h5", 270, false);
  const Chain chain = Reader(folder / "log.h5").chain();
  CHECK(chain.faults.empty());
  CHECK(chain.links == 3 + 2);
  CHECK(chain.step == 250);
  CHECK(chain.later_rows == 20);
}

TEST_CASE("checkpoints that stay are read by their steps, and end with what a resumed run takes back") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  write_log(path, 310, false);
  {
    const Reader reader(path);
    CHECK(reader.kept_steps() == std::vector<int64_t>{0, 100, 200, 300});
    const Checkpoint kept = reader.kept_checkpoint(200);
    CHECK(kept.step == 200);
    CHECK(kept.trainer.counters.at("updates.generator") == 200);
    CHECK(kept.weights.parameters[0].value.storage.as<float>()[0] == 200);
    CHECK(example::message_of([&] { (void)reader.kept_checkpoint(150); }) ==
          path.string() + ": its checkpoint of step 150 is damaged, or gone");
  }
  Writer log = Writer::reopen(path, 250);
  example::write_checkpoint(log, 200, &Writer::keep_checkpoint);  // is there
  write_kept_by_hundreds(log, 250, 450);
  example::finish(log, 450);
  const Reader reader(path);
  CHECK(reader.kept_steps() == std::vector<int64_t>{0, 100, 200, 350, 450});
  CHECK(reader.chain().faults.empty());
}

TEST_CASE("a finished log has its weights once") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  RunDescription run = example::description();
  run.foreign.clear();
  run.parameters = {{"weight", {1000, 250}}};  // a million bytes
  run.state.clear();
  run.optimizer = {{"weight.m", {1000, 250}}};
  const std::vector<float> values(250'000, 0.5F);
  const WeightsView weights{{{"weight", values}}, {}};
  Writer log = Writer::create(path, run);
  for (int64_t step = 0; step < 3; ++step) {
    log.write_checkpoint(
        {step, weights, {{"weight.m", values}}, {{{"epoch", 0}, {"updates.generator", step}}, {{"best_value", 1.0}}}});
    log.write_best(step, 1, weights);
  }
  log.write_final(2, weights, {{"steps", 2.0}, {"loss", 0.5}});
  log.flush();
  CHECK(std::filesystem::file_size(path) > 6'000'000);
  log.set_status(Status::finished, "");
  log.close();
  CHECK(std::filesystem::file_size(path) < 2'300'000);
  const Reader reader(path);
  CHECK(reader.final_result()->weights.parameters[0].value.storage.as<float>()[9] == 0.5F);
  CHECK(reader.best()->weights.parameters[0].value.storage.as<float>()[9] == 0.5F);
  CHECK(reader.newest_checkpoint()->optimizer[0].value.storage.as<float>()[9] == 0.5F);
  CHECK_FALSE(std::filesystem::exists(path.string() + ".new"));
}
