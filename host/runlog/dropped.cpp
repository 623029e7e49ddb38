#include "runlog/dropped.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <tuple>

#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/history.hpp"

namespace atelier::runlog {

namespace {

constexpr const char* kept_checkpoints = "dropped/kept";
constexpr const char* places = "dropped_places";
constexpr const char* hashes = "dropped_sha256";

void write_pairs(hid_t group, const char* numbers_name, const std::vector<int64_t>& numbers, const char* digests_name,
                 const std::vector<Sha256::Digest>& digests) {
  const std::array<int64_t, 2> dims{std::ssize(numbers), std::tuple_size_v<Sha256::Digest>};
  hdf5::write_all(hdf5::make_array(group, numbers_name, hdf5::Type::i64, std::span(dims).first(1)), std::span(numbers));
  hdf5::write_all(hdf5::make_array(group, digests_name, hdf5::Type::u8, dims), bytes_of_digests(digests));
}

template <typename Pair>
std::vector<Pair> read_pairs(hid_t group, const char* numbers_name, const char* digests_name) {
  const std::vector<int64_t> numbers = hdf5::read_column<int64_t>(group, numbers_name);
  if (numbers.empty() || numbers.front() < 0 ||
      std::ranges::adjacent_find(numbers, std::greater_equal<>()) != numbers.end()) {
    throw hdf5::Failure(fmt::format("{}: got {} numbers, expected rising ones", numbers_name, numbers.size()));
  }
  std::vector<Sha256::Digest> digests(numbers.size());
  hdf5::read_all(hdf5::open_dataset(group, digests_name), bytes_of_digests(digests));
  std::vector<Pair> pairs;
  for (size_t i = 0; i < numbers.size(); ++i) {
    pairs.push_back({numbers[i], digests[i]});
  }
  return pairs;
}

void remove(hid_t parent, const char* name) {
  if (hdf5::has(parent, name)) {
    hdf5::check(H5Ldelete(parent, name, H5P_DEFAULT));
  }
}

}  // namespace

std::vector<DroppedCheckpoint> read_dropped_checkpoints(hid_t file) {
  if (!hdf5::has(file, "dropped")) {
    return {};
  }
  return read_pairs<DroppedCheckpoint>(hdf5::open_group(file, kept_checkpoints), "step", "contents_sha256");
}

void write_dropped_checkpoints(hid_t file, const std::vector<DroppedCheckpoint>& checkpoints) {
  remove(file, "dropped");
  if (checkpoints.empty()) {
    return;
  }
  std::vector<int64_t> steps;
  std::vector<Sha256::Digest> contents;
  for (const DroppedCheckpoint& checkpoint : checkpoints) {
    steps.push_back(checkpoint.step);
    contents.push_back(checkpoint.contents);
  }
  hdf5::make_group(file, "dropped");
  write_pairs(hdf5::make_group(file, kept_checkpoints), "step", steps, "contents_sha256", contents);
}

std::vector<Sha256::Digest> seals_of(const std::vector<DroppedCheckpoint>& checkpoints) {
  std::vector<Sha256::Digest> seals;
  Sha256::Digest previous{};
  for (const DroppedCheckpoint& checkpoint : checkpoints) {
    previous = seal_of(checkpoint.contents, previous, checkpoint.step, std::ssize(seals) + 1);
    seals.push_back(previous);
  }
  return seals;
}

DroppedRows read_dropped_rows(hid_t series) {
  if (!hdf5::has_attribute(series, "dropped_rows")) {
    return {};
  }
  constexpr int64_t most = int64_t{1} << 53;
  const DroppedRows dropped{hdf5::read_integer_attribute(series, "dropped_rows"),
                            hdf5::read_digest_attribute(series, hashes)};
  if (dropped.rows < 0 || dropped.rows > most) {
    throw hdf5::Failure(fmt::format("dropped_rows is {}, expected a number in [0, {}]", dropped.rows, most));
  }
  return dropped;
}

void write_dropped_rows(hid_t series, const DroppedRows& dropped) {
  hdf5::write_attribute(series, "dropped_rows", dropped.rows);
  hdf5::write_attribute(series, hashes, dropped.digest);
}

std::vector<DroppedItem> read_dropped_items(hid_t checkpoint) {
  return hdf5::has(checkpoint, places) ? read_pairs<DroppedItem>(checkpoint, places, hashes)
                                       : std::vector<DroppedItem>();
}

void write_dropped_items(hid_t checkpoint, const std::vector<DroppedItem>& items) {
  forget_dropped_items(checkpoint);
  std::vector<int64_t> numbers;
  std::vector<Sha256::Digest> digests;
  for (const DroppedItem& item : items) {
    numbers.push_back(item.place);
    digests.push_back(item.digest);
  }
  if (!items.empty()) {
    write_pairs(checkpoint, places, numbers, hashes, digests);
  }
}

void forget_dropped_items(hid_t checkpoint) {
  remove(checkpoint, places);
  remove(checkpoint, hashes);
}

std::optional<DroppedSeal> read_dropped_seal(hid_t checkpoint) {
  if (!hdf5::has_attribute(checkpoint, "dropped_sequence")) {
    return std::nullopt;
  }
  return DroppedSeal{hdf5::read_integer_attribute(checkpoint, "dropped_step"),
                     hdf5::read_integer_attribute(checkpoint, "dropped_sequence")};
}

void write_dropped_seal(hid_t checkpoint, const DroppedSeal& seal) {
  hdf5::write_attribute(checkpoint, "dropped_step", seal.step);
  hdf5::write_attribute(checkpoint, "dropped_sequence", seal.sequence);
}

}  // namespace atelier::runlog
