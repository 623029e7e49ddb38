#include <doctest/doctest.h>

#include "cifar_files.hpp"
#include "dataset_host.hpp"

using namespace atelier::testing;
namespace fs = std::filesystem;

namespace {

constexpr const char* get_hint =
    "; hint: unpack cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html";
constexpr const char* damage_hint = "; hint: the file is damaged or not the right one; fetch it again";

MadeDataset make(const Folder& folder, SettingValues settings = {}) {
  settings["directory"] = folder.path.string();
  return DatasetHost::of(CIFAR_PLUGIN).make("cifar-10", settings);
}

std::string error_with(const std::string& name, const std::string& bytes) {
  const Folder folder;
  write_sound_batches(folder.path);
  write(folder.file(name), bytes);
  const MadeDataset dataset = make(folder);
  CHECK(dataset.status() == ATL_ERROR_DATA);
  const std::string start = folder.file(name) + ": ";
  REQUIRE(dataset.error().starts_with(start));
  return dataset.error().substr(start.size());
}

}  // namespace

TEST_CASE("CIFAR-10 is the records of its files, in their order") {
  const Folder folder;
  write_sound_batches(folder.path);
  const MadeDataset dataset = make(folder);
  REQUIRE(dataset.error() == "");
  const atl_data_spec& spec = dataset.spec();
  REQUIRE(spec.field_count == 2);
  CHECK(dataset.image_dims() == std::vector<int64_t>{3, 32, 32});
  CHECK(spec.fields[0].low == 0);
  CHECK(spec.fields[0].high == 1);
  CHECK(spec.fields[1].classes == 10);
  CHECK(spec.train_count == 15);
  CHECK(spec.test_count == 2);
  REQUIRE(spec.file_count == 6);
  CHECK(view(spec.files[4]) == folder.file("data_batch_5.bin"));
  CHECK(view(spec.files[5]) == folder.file("test_batch.bin"));
  for (const int record : {0, 7, 14, 16}) {
    const Sample sample = record < 15 ? dataset.read(ATL_TRAIN, record) : dataset.read(ATL_TEST, record - 15);
    CHECK(sample.label == record % 10);
    for (int i = 0; i < 3072; ++i) {
      REQUIRE(sample.image[static_cast<size_t>(i)] == static_cast<float>((41 * i + 7 * record) % 251) / 255.0F);
    }
  }
  (void)dataset.read(ATL_TRAIN, 15);
  CHECK(dataset.error() == "index 15, expected 0 to 14");
}

TEST_CASE("limit keeps the first records of CIFAR-10") {
  const Folder folder;
  write_sound_batches(folder.path);
  const MadeDataset dataset = make(folder, {{"limit", int64_t{4}}});
  CHECK(dataset.spec().train_count == 4);
  CHECK(dataset.spec().test_count == 2);
  CHECK(dataset.read(ATL_TRAIN, 3) == make(folder).read(ATL_TRAIN, 3));
}

TEST_CASE("CIFAR-10 is looked for under both of its names, and is asked for where it is not there") {
  const DatasetHost& host = DatasetHost::of(CIFAR_PLUGIN);
  const Folder folder;
  write_sound_batches(folder.path / "data/cifar-10-batches-bin");
  const MadeDataset unpacked = host.make("cifar-10", {}, {folder.file("none"), folder.file("data")});
  REQUIRE(unpacked.error() == "");
  CHECK(view(unpacked.spec().files[0]) == folder.file("data/cifar-10-batches-bin/data_batch_1.bin"));
  write_sound_batches(folder.path / "data/cifar-10");
  const MadeDataset renamed = host.make("cifar-10", {}, {folder.file("data")});
  CHECK(view(renamed.spec().files[0]) == folder.file("data/cifar-10/data_batch_1.bin"));
  CHECK(host.make("cifar-10", {}, {"/no"}).error() ==
        std::string("no data_batch_1.bin in any of: /no/cifar-10, /no/cifar-10-batches-bin") + get_hint);
  fs::remove(folder.path / "data/cifar-10/test_batch.bin");
  CHECK(host.make("cifar-10", {{"directory", "data/cifar-10"}}, {}, folder.path.string()).error() ==
        "no test_batch.bin in " + folder.file("data/cifar-10") + ", expected beside data_batch_1.bin" + get_hint);
}

TEST_CASE("files that are not whole records of CIFAR-10 are refused") {
  const std::string expected = std::string(" bytes, expected one or more records of 3073") + damage_hint;
  CHECK(error_with("data_batch_3.bin", records(0, 2).substr(1)) == "6145" + expected);
  CHECK(error_with("data_batch_1.bin", records(0, 1) + "x") == "3074" + expected);
  CHECK(error_with("test_batch.bin", "") == "0" + expected);
}

TEST_CASE("a label that is no class of CIFAR-10 is told with its index") {
  std::string bad = records(0, 3);
  bad[2 * 3073] = 10;
  CHECK(error_with("data_batch_2.bin", bad) == std::string("label 10 at index 2, expected 0 to 9") + damage_hint);
}
