#include <doctest/doctest.h>

#include "runlog_example.hpp"

using namespace atelier::runlog;

namespace {

std::string opening(const std::filesystem::path& path) {
  std::string message = example::message_of([&] { Reader reader(path); });
  const std::string start = path.string() + ": cannot be read: ";
  CHECK(message.starts_with(start));
  return message.substr(std::min(start.size(), message.size()));
}

void replace(const std::filesystem::path& path, const std::string& from, const std::string& to) {
  std::string bytes = example::bytes_of(path);
  const size_t found = bytes.find(from);
  REQUIRE(found != std::string::npos);
  bytes.replace(found, to.size(), to);
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("a file that is no log says so") {
  const example::Folder folder;
  CHECK(opening(folder / "missing.h5") == "No such file or directory");
  std::filesystem::create_directory(folder / "folder.h5");
  CHECK(opening(folder / "folder.h5") == "it is a folder");
  std::ofstream(folder / "empty.h5").close();
  CHECK(opening(folder / "empty.h5") == "it is not an HDF5 file");
  std::ofstream(folder / "text.h5") << "name = 'gan'\n";
  CHECK(opening(folder / "text.h5") == "it is not an HDF5 file");
  CHECK(example::message_of([&] { Writer::reopen(folder / "text.h5", 0); }) ==
        (folder / "text.h5").string() + ": cannot be read: it is not an HDF5 file");
  CHECK(example::message_of([&] { Writer::reopen(folder / "missing.h5", 0); }) ==
        (folder / "missing.h5").string() + ": cannot be read: No such file or directory");
  CHECK_FALSE(std::filesystem::exists(folder / "missing.h5.lock"));
}

TEST_CASE("a file of another format, and a truncated one, say so") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  example::write_steps(log, 0, 100);
  log.close();
  const std::string whole = example::bytes_of(path);

  replace(path, "atelier-log", "someone-els");
  CHECK(opening(path) == "it is an HDF5 file, but no log of a run");

  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{2000}}) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    CHECK(opening(path) == fmt::format("it is truncated: {} bytes of {}", size, whole.size()));
  }
  for (const size_t size : {size_t{8}, size_t{40}}) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    CHECK_FALSE(opening(path).empty());
  }
}

TEST_CASE("names and rows that a log does not have are answered with those it has") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  example::write_steps(log, 0, 100);
  log.close();
  const Reader reader(path);
  CHECK(example::message_of([&] { (void)reader.metric("trian", "wait"); }) ==
        path.string() + ": got the cadence 'trian', expected train or eval; did you mean 'train'?");
  CHECK(example::message_of([&] { (void)reader.metric("eval", "accuracy"); }) ==
        path.string() + ": got the metric of eval 'accuracy', expected loss");
  CHECK(example::message_of([&] { (void)reader.samples("grey", 1); }) ==
        path.string() + ": grey: got row 1, expected 0 to 0");
  CHECK(example::message_of([&] { (void)reader.samples("verses", 0); }) ==
        path.string() + ": the samples 'verses' are of the kind 'tokens' and have no images");
  CHECK(example::message_of([&] { (void)reader.sample_texts("rows", 0); }) ==
        path.string() + ": the samples 'rows' are of the kind 'table row' and have no tokens");
  CHECK(example::message_of([&] { (void)reader.sample_values("grey", 0); }) ==
        path.string() + ": the samples 'grey' are of the kind 'image' and have no values");
  CHECK(example::message_of([&] { (void)reader.tensor("criticism", 0); }).find("expected critic.2") !=
        std::string::npos);
}
