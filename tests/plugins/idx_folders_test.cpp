#include <doctest/doctest.h>

#include "dataset_host.hpp"
#include "idx_files.hpp"

using namespace atelier::testing;
namespace fs = std::filesystem;

TEST_CASE("one plugin has both data sets, and they describe themselves") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  CHECK(view(host.plugin().name) == "mnist");
  CHECK(host.plugin().component_count == 2);
  for (const char* name : {"mnist", "fashion-mnist"}) {
    const atl_component& component = host.component(name);
    CHECK(view(component.interface_name) == ATL_DATASET_V1);
    CHECK_FALSE(view(component.description->summary).empty());
    REQUIRE(component.description->setting_count == 2);
    CHECK(view(component.description->settings[0].name) == "path");
    CHECK(view(component.description->settings[1].name) == "limit");
  }
}

TEST_CASE("samples are pixels over 255 and labels, in the files' order") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  write_sound_files(folder.path);
  const MadeDataset dataset = host.make("mnist", {{"path", folder.path.string()}});
  REQUIRE(dataset.error() == "");
  const atl_data_spec& spec = dataset.spec();
  REQUIRE(spec.field_count == 2);
  CHECK(view(spec.fields[0].name) == "image");
  CHECK(spec.fields[0].dtype == ATL_FLOAT32);
  CHECK(spec.fields[0].low == 0);
  CHECK(spec.fields[0].high == 1);
  CHECK(dataset.image_dims() == std::vector<int64_t>{1, 28, 28});
  CHECK(view(spec.fields[1].name) == "label");
  CHECK(spec.fields[1].dtype == ATL_INT64);
  CHECK(spec.fields[1].rank == 0);
  CHECK(spec.fields[1].classes == 10);
  CHECK(spec.train_count == 6);
  CHECK(spec.test_count == 4);

  const Sample last = dataset.read(ATL_TRAIN, 5);
  CHECK(last.label == 5);
  for (size_t i = 0; i < 784; ++i) {
    REQUIRE(last.image[i] == static_cast<float>((5 * 784 + i) * 37 % 251) / 255.0F);
  }
}

TEST_CASE("the four files are named in a fixed order") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  write_sound_files(folder.path);
  fs::remove(folder.file("t10k-images-idx3-ubyte"));
  write_gzip(folder.file("t10k-images-idx3-ubyte.gz"), images(4));
  const MadeDataset dataset = host.make("mnist", {{"path", folder.path.string()}});
  REQUIRE(dataset.error() == "");
  REQUIRE(dataset.spec().file_count == 4);
  CHECK(view(dataset.spec().files[0]) == folder.file("train-images-idx3-ubyte"));
  CHECK(view(dataset.spec().files[1]) == folder.file("train-labels-idx1-ubyte"));
  CHECK(view(dataset.spec().files[2]) == folder.file("t10k-images-idx3-ubyte.gz"));
  CHECK(view(dataset.spec().files[3]) == folder.file("t10k-labels-idx1-ubyte"));
}

TEST_CASE("files by the names that they have inside of the published archives are read") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  write_sound_files(folder.path);
  fs::rename(folder.file("train-images-idx3-ubyte"), folder.file("train-images.idx3-ubyte"));
  fs::rename(folder.file("t10k-labels-idx1-ubyte"), folder.file("t10k-labels.idx1-ubyte"));
  fs::remove(folder.file("t10k-images-idx3-ubyte"));
  write_gzip(folder.file("t10k-images.idx3-ubyte.gz"), images(4));
  const MadeDataset dataset = host.make("mnist", {{"path", folder.path.string()}});
  REQUIRE(dataset.error() == "");
  CHECK(view(dataset.spec().files[0]) == folder.file("train-images.idx3-ubyte"));
  CHECK(view(dataset.spec().files[1]) == folder.file("train-labels-idx1-ubyte"));
  CHECK(view(dataset.spec().files[2]) == folder.file("t10k-images.idx3-ubyte.gz"));
  CHECK(view(dataset.spec().files[3]) == folder.file("t10k-labels.idx1-ubyte"));
}

TEST_CASE("plain and gzip files give equal samples") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder plain, packed;
  write_sound_files(plain.path);
  for (const auto& entry : fs::directory_iterator(plain.path)) {
    const std::string name = entry.path().filename().string();
    write_gzip(packed.file(name + ".gz"), read_bytes(entry.path().string()));
  }
  const MadeDataset a = host.make("mnist", {{"path", plain.path.string()}});
  const MadeDataset b = host.make("mnist", {{"path", packed.path.string()}});
  REQUIRE(a.error() == "");
  REQUIRE(b.error() == "");
  for (int64_t i = 0; i < 4; ++i) {
    CHECK(a.read(ATL_TEST, i) == b.read(ATL_TEST, i));
  }
}

TEST_CASE("other image sizes are taken from the header") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  write_sound_files(folder.path);
  write(folder.file("train-images-idx3-ubyte"), images(6, 3, 5));
  write(folder.file("t10k-images-idx3-ubyte"), images(4, 3, 5));
  const MadeDataset dataset = host.make("mnist", {{"path", folder.path.string()}});
  REQUIRE(dataset.error() == "");
  CHECK(dataset.image_dims() == std::vector<int64_t>{1, 3, 5});
  CHECK(dataset.read(ATL_TRAIN, 1).image[0] == 15 * 37 % 251 / 255.0F);
}

TEST_CASE("limit keeps the first samples of each split") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  write_sound_files(folder.path);
  const MadeDataset all = host.make("mnist", {{"path", folder.path.string()}});
  const MadeDataset five = host.make("mnist", {{"path", folder.path.string()}, {"limit", int64_t{5}}});
  const MadeDataset many = host.make("mnist", {{"path", folder.path.string()}, {"limit", int64_t{1000}}});
  CHECK(five.spec().train_count == 5);
  CHECK(five.spec().test_count == 4);
  CHECK(five.read(ATL_TRAIN, 4) == all.read(ATL_TRAIN, 4));
  CHECK(many.spec().train_count == 6);
  (void)five.read(ATL_TRAIN, 5);
  CHECK(five.error() == "index 5, expected 0 to 4");
}

TEST_CASE("an index below zero is refused") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  write_sound_files(folder.path);
  const MadeDataset dataset = host.make("mnist", {{"path", folder.path.string()}});
  (void)dataset.read(ATL_TEST, -1);
  CHECK(dataset.error() == "index -1, expected 0 to 3");
}

TEST_CASE("a relative path starts at the base directory, an absolute one does not") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  fs::create_directories(folder.path / "own");
  write_sound_files(folder.path / "own");
  CHECK(host.make("mnist", {{"path", "own"}}, {}, folder.path.string()).error() == "");
  CHECK(host.make("mnist", {{"path", folder.file("own")}}, {}, "/nowhere").error() == "");
}

TEST_CASE("data directories are searched in order, each in the data set's own subfolder") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  for (const char* name : {"b/mnist", "c/mnist", "c/fashion-mnist"}) {
    fs::create_directories(folder.path / name);
    write_sound_files(folder.path / name);
  }
  const std::vector<std::string> directories = {folder.file("a"), folder.file("b"), folder.file("c")};
  const MadeDataset digits = host.make("mnist", {}, directories);
  REQUIRE(digits.error() == "");
  CHECK(view(digits.spec().files[0]) == folder.file("b/mnist/train-images-idx3-ubyte"));
  const MadeDataset clothes = host.make("fashion-mnist", {}, directories);
  REQUIRE(clothes.error() == "");
  CHECK(view(clothes.spec().files[0]) == folder.file("c/fashion-mnist/train-images-idx3-ubyte"));
}

TEST_CASE("a missing data set names every folder that was searched and how to get it") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const MadeDataset digits = host.make("mnist", {}, {"/no/a", "/no/b"});
  CHECK(digits.status() == ATL_ERROR_DATA);
  CHECK(digits.error() ==
        "mnist: no train-images-idx3-ubyte[.gz] in any of: /no/a/mnist, /no/b/mnist; hint: run experiments/get-data "
        "mnist");
  CHECK(host.make("mnist").error() ==
        "mnist: no train-images-idx3-ubyte[.gz] in any of: (nowhere to look); hint: run experiments/get-data mnist");
  CHECK(
      host.make("fashion-mnist", {{"path", "sub"}}, {"/no/a"}, "/no").error() ==
      "fashion-mnist: no train-images-idx3-ubyte[.gz] in any of: /no/sub; hint: apt-get install dataset-fashion-mnist");
}

TEST_CASE("a missing file beside the others is named") {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  const Folder folder;
  write_sound_files(folder.path);
  fs::remove(folder.file("t10k-labels-idx1-ubyte"));
  CHECK(host.make("mnist", {{"path", folder.path.string()}}).error() ==
        "mnist: no t10k-labels-idx1-ubyte[.gz] in " + folder.path.string() +
            ", expected beside train-images-idx3-ubyte; hint: run experiments/get-data mnist");
}
