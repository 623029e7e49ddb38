#include "batches.hpp"

#include <fstream>
#include <iterator>

namespace cifar {
namespace {

namespace fs = std::filesystem;

constexpr std::array train_files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                    "data_batch_5.bin"};
constexpr const char* test_file = "test_batch.bin";
constexpr const char* get_hint =
    "; hint: unpack cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html";
constexpr const char* damage_hint = "; hint: the file is damaged or not the right one; fetch it again";

bool has(const fs::path& folder, const char* file) {
  std::error_code ignored;  // a folder that cannot be searched does not have the file
  return fs::is_regular_file(folder / file, ignored);
}

fs::path find_folder(const std::vector<fs::path>& folders) {
  std::string searched;
  for (const fs::path& folder : folders) {
    if (has(folder, train_files.front())) {
      return folder;
    }
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  throw DataError(std::string("no ") + train_files.front() +
                  " in any of: " + (searched.empty() ? "(nowhere to look)" : searched) + get_hint);
}

void append_records(const std::string& path, std::vector<uint8_t>& records) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad() || !stream.is_open()) {
    throw DataError(path + ": cannot be read, expected a readable file of records");
  }
  if (bytes.empty() || bytes.size() % record_bytes != 0) {
    throw DataError(path + ": " + std::to_string(bytes.size()) + " bytes, expected one or more records of " +
                    std::to_string(record_bytes) + damage_hint);
  }
  for (size_t at = 0; at < bytes.size(); at += record_bytes) {
    if (bytes[at] >= classes) {
      throw DataError(path + ": label " + std::to_string(bytes[at]) + " at index " + std::to_string(at / record_bytes) +
                      ", expected 0 to " + std::to_string(classes - 1) + damage_hint);
    }
  }
  records.insert(records.end(), bytes.begin(), bytes.end());
}

}  // namespace

Files read_folder(const std::vector<fs::path>& folders) {
  const fs::path folder = find_folder(folders);
  Files files;
  const auto read = [&](const char* file, Part& part) {
    if (!has(folder, file)) {
      throw DataError(std::string("no ") + file + " in " + folder.string() + ", expected beside " +
                      train_files.front() + get_hint);
    }
    files.paths.push_back((folder / file).string());
    append_records(files.paths.back(), part.records);
  };
  for (const char* file : train_files) {
    read(file, files.train);
  }
  read(test_file, files.test);
  return files;
}

}  // namespace cifar
