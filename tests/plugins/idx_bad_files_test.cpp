#include <doctest/doctest.h>

#include "dataset_host.hpp"
#include "idx_files.hpp"

using namespace atelier::testing;

namespace {

constexpr const char* hint = "; hint: the file is damaged or not the right one; fetch it again";

// What making the data set says when one file of a sound set of four is this.
std::string error_with(const std::string& name, const std::string& bytes, Folder& folder) {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  write_sound_files(folder.path);
  write(folder.file(name), bytes);
  const MadeDataset dataset = host.make("mnist", {{"path", folder.path.string()}});
  CHECK(dataset.status() == ATL_ERROR_DATA);
  return dataset.error();
}

// The same without the file's path and the common hint.
std::string complaint(const std::string& name, const std::string& bytes) {
  Folder folder;
  const std::string error = error_with(name, bytes, folder), start = folder.file(name) + ": ";
  REQUIRE(error.starts_with(start));
  REQUIRE(error.ends_with(hint));
  return error.substr(start.size(), error.size() - start.size() - std::string(hint).size());
}

// As complaint, for train images in a .gz file with these compressed bytes.
std::string gzip_complaint(const std::string& compressed) {
  const DatasetHost& host = DatasetHost::of(MNIST_PLUGIN);
  Folder folder;
  write_sound_files(folder.path);
  std::filesystem::remove(folder.file("train-images-idx3-ubyte"));
  const std::string file = folder.file("train-images-idx3-ubyte.gz");
  write(file, compressed);
  const MadeDataset dataset = host.make("mnist", {{"path", folder.path.string()}});
  REQUIRE(dataset.error().starts_with(file + ": "));
  REQUIRE(dataset.error().ends_with(hint));
  return dataset.error().substr(file.size() + 2, dataset.error().size() - file.size() - 2 - std::string(hint).size());
}

std::string compressed(const std::string& bytes) {
  const Folder folder;
  write_gzip(folder.file("gz"), bytes);
  return read_bytes(folder.file("gz"));
}

}  // namespace

TEST_CASE("a file shorter than its header is truncated") {
  CHECK(complaint("train-images-idx3-ubyte", "") == "truncated: 0 bytes, expected a header of 16");
  CHECK(complaint("train-images-idx3-ubyte", images(6).substr(0, 15)) ==
        "truncated: 15 bytes, expected a header of 16");
  CHECK(complaint("t10k-labels-idx1-ubyte", labels(4).substr(0, 7)) == "truncated: 7 bytes, expected a header of 8");
}

TEST_CASE("a file with fewer elements than its header claims is truncated") {
  CHECK(complaint("train-images-idx3-ubyte", images(6).substr(0, 16 + 4703)) ==
        "truncated: 4703 bytes after the header, expected 4704 as the header claims (6 x 28 x 28)");
  CHECK(complaint("train-labels-idx1-ubyte", labels(6).substr(0, 8)) ==
        "truncated: 0 bytes after the header, expected 6 as the header claims (6)");
}

TEST_CASE("a header that claims terabytes costs an error, not memory") {
  const std::string huge = header({0x803, 0xFFFFFFFF, 65536, 65536}) + "abc";
  const std::string expected =
      "truncated: 3 bytes after the header, expected 18446744069414584320 as the header claims (4294967295 x 65536 x "
      "65536)";
  CHECK(complaint("train-images-idx3-ubyte", huge) == expected);
  CHECK(gzip_complaint(compressed(huge)) == expected);
  CHECK(complaint("train-labels-idx1-ubyte", header({0x801, 0xFFFFFFFF})) ==
        "truncated: 0 bytes after the header, expected 4294967295 as the header claims (4294967295)");
}

TEST_CASE("sizes that no image has are refused") {
  CHECK(complaint("train-images-idx3-ubyte", header({0x803, 1, 65537, 1})) ==
        "images of 65537 x 1, expected sides of at most 65536");
  CHECK(complaint("train-images-idx3-ubyte", header({0x803, 0, 28, 28})) == "axis 0 has length 0, expected at least 1");
  CHECK(complaint("t10k-images-idx3-ubyte", header({0x803, 4, 28, 0})) == "axis 2 has length 0, expected at least 1");
}

TEST_CASE("the magic number tells images from labels and from other files") {
  CHECK(complaint("train-images-idx3-ubyte", labels(100)) ==
        "magic number 0x00000801, expected 0x00000803 (unsigned bytes, 3 axes)");
  CHECK(complaint("t10k-labels-idx1-ubyte", images(4)) ==
        "magic number 0x00000803, expected 0x00000801 (unsigned bytes, 1 axis)");
  CHECK(complaint("train-images-idx3-ubyte", "<html>404 Not Found</html>") ==
        "magic number 0x3c68746d, expected 0x00000803 (unsigned bytes, 3 axes)");
}

TEST_CASE("bytes after the elements are refused") {
  CHECK(complaint("train-images-idx3-ubyte", images(6) + "x") ==
        "trailing bytes: the file goes on after the elements, expected to end after the 4704 bytes that the header "
        "claims "
        "(6 x 28 x 28)");
  CHECK(gzip_complaint(compressed(images(6) + "x")) ==
        "trailing bytes: the file goes on after the elements, expected to end after the 4704 bytes that the header "
        "claims "
        "(6 x 28 x 28)");
}

TEST_CASE("gzip that ends early is truncated") {
  const std::string sound = compressed(images(6));
  const std::string expected = "truncated: its gzip stream ends early, expected a whole one";
  CHECK(gzip_complaint(sound.substr(0, sound.size() / 2)) == expected);
  CHECK(gzip_complaint(sound.substr(0, sound.size() - 1)) == expected);
}

TEST_CASE("corrupt gzip is told with zlib's reason") {
  std::string wrong_sum = compressed(images(6));
  wrong_sum[wrong_sum.size() - 8] ^= 1;  // the CRC-32 is in the last eight bytes
  CHECK(gzip_complaint(wrong_sum).starts_with("corrupt gzip data ("));
  CHECK(gzip_complaint(wrong_sum).ends_with("incorrect data check), expected a sound gzip stream"));

  std::string bad_block = compressed(images(6));
  bad_block[10] = 7;  // the first block's type, which follows the ten bytes of the gzip header: 3 is no type
  CHECK(gzip_complaint(bad_block).ends_with("invalid block type), expected a sound gzip stream"));
}

TEST_CASE("a label outside the classes is told with its index") {
  std::string bad = labels(6);
  bad[8 + 3] = 12;
  CHECK(complaint("train-labels-idx1-ubyte", bad) == "label 12 at index 3, expected 0 to 9");
  bad[8 + 3] = '\xFF';
  CHECK(complaint("train-labels-idx1-ubyte", bad) == "label 255 at index 3, expected 0 to 9");
}

TEST_CASE("images and labels must be as many") {
  Folder folder;
  CHECK(error_with("train-labels-idx1-ubyte", labels(5), folder) ==
        folder.file("train-labels-idx1-ubyte") + ": 5 labels, expected 6, one for each image of " +
            folder.file("train-images-idx3-ubyte") + "; hint: run experiments/get-data mnist");
}

TEST_CASE("both splits must have one image size") {
  Folder folder;
  CHECK(error_with("t10k-images-idx3-ubyte", images(4, 28, 27), folder) ==
        folder.file("t10k-images-idx3-ubyte") + ": images of 28 x 27, expected 28 x 28 as in " +
            folder.file("train-images-idx3-ubyte") + "; hint: run experiments/get-data mnist");
}
