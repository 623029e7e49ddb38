#include "runlog/sealed_group.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.hpp"
#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "tensor/memory.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;

constexpr const char* contents_hash = "contents_sha256";

}  // namespace

void check_arrays(const std::string& path, const std::vector<Entry>& entries, std::span<const ArrayView> views) {
  if (entries.size() != views.size()) {
    throw Error(ErrorKind::internal, "run log: {}: got {} arrays, expected {}", path, views.size(), entries.size());
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto elements = static_cast<size_t>(entries[i].shape.elements());
    if (entries[i].name != views[i].name || elements != views[i].elements() || entries[i].dtype != views[i].dtype) {
      throw Error(ErrorKind::internal, "run log: {}: array {}: got '{}' of {} {}, expected '{}' of {} {}", path, i,
                  views[i].name, views[i].elements(), tensor::name_of(views[i].dtype), entries[i].name, elements,
                  tensor::name_of(entries[i].dtype));
    }
  }
}

template <typename T>
void check_scalars(const std::string& path, const std::vector<std::string>& names,
                   const std::map<std::string, T>& values) {
  for (const auto& [name, value] : values) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw Error(ErrorKind::internal, "run log: {}: '{}' was not declared", path, name);
    }
  }
  for (const std::string& name : names) {
    if (!values.contains(name)) {
      throw Error(ErrorKind::internal, "run log: {}: '{}' is missing", path, name);
    }
  }
}

Handle make_sealed_group(hid_t file, const std::string& path) {
  Handle group = hdf5::make_group(file, path);
  hdf5::write_attribute(group, "step", int64_t{-1});
  hdf5::write_attribute(group, "sequence", int64_t{0});
  hdf5::write_attribute(group, "sha256", Sha256::Digest{});
  hdf5::write_attribute(group, contents_hash, Sha256::Digest{});
  return group;
}

void make_arrays(hid_t parent, const std::string& path, const std::vector<Entry>& entries) {
  const Handle group = hdf5::make_group(parent, path);
  for (const Entry& entry : entries) {
    hdf5::make_array(group, entry.name, hdf5::stored_as(entry.dtype), entry.shape.dims());
  }
}

template <typename T>
void make_scalars(hid_t parent, const std::string& path, const std::vector<std::string>& names) {
  const Handle group = hdf5::make_group(parent, path);
  for (const std::string& name : names) {
    hdf5::make_array(group, name, hdf5::type_of<T>, {});
  }
}

SealedWriter::SealedWriter(Handle group) : group_(std::move(group)) {
  forget_dropped_items(group_);
  hdf5::write_attribute(group_, "step", int64_t{-1});
  hdf5::write_attribute(group_, "sequence", int64_t{0});
}

void SealedWriter::arrays(const std::string& path, std::span<const ArrayView> views) {
  const Handle group = hdf5::open_group(group_, path);
  for (const ArrayView& view : views) {
    hdf5::write_values(hdf5::open_dataset(group, std::string(view.name)), hdf5::stored_as(view.dtype),
                       view.values.data(), view.elements());
    contents_.add(path, view.name, view.values.data(), view.values.size());
  }
}

template <typename T>
void SealedWriter::scalars(const std::string& path, const std::vector<std::string>& names,
                           const std::map<std::string, T>& values) {
  const Handle group = hdf5::open_group(group_, path);
  for (const std::string& name : names) {
    const T value = values.at(name);
    hdf5::write_all(hdf5::open_dataset(group, name), std::span(&value, 1));
    contents_.add(path, name, &value, sizeof(T));
  }
}

void SealedWriter::history(const History& history) {
  write_history(group_, history);
  contents_.add(history);
}

void SealedWriter::seal_again(const Contents& contents, int64_t step, int64_t sequence) {
  hdf5::write_attribute(group_, "step", step);
  hdf5::write_attribute(group_, contents_hash, contents.digest());
  hdf5::write_attribute(group_, "sha256", contents.seal(step, sequence));
  hdf5::write_attribute(group_, "sequence", sequence);
}

int64_t read_sequence(hid_t group) {
  constexpr int64_t most = int64_t{1} << 48;
  const int64_t sequence = hdf5::read_integer_attribute(group, "sequence");
  if (sequence < 0 || sequence > most) {
    throw hdf5::Failure(fmt::format("a sequence number is {}, expected one in [0, {}]", sequence, most));
  }
  return sequence;
}

Sha256::Digest read_seal(hid_t group) {
  return read_sequence(group) == 0 ? Sha256::Digest{} : hdf5::read_digest_attribute(group, "sha256");
}

bool is_of_earlier_version(hid_t group) {
  return !hdf5::has_attribute(group, contents_hash);
}

Sha256::Digest read_contents_hash(hid_t group) {
  return hdf5::read_digest_attribute(group, contents_hash);
}

SealedReader::SealedReader(Handle group, const std::optional<DroppedSeal>& seal)
    : group_(std::move(group)),
      step_(seal ? seal->step : hdf5::read_integer_attribute(group_, "step")),
      sequence_(seal ? seal->sequence : read_sequence(group_)),
      dropped_(read_dropped_items(group_)) {
  if (is_of_earlier_version(group_)) {
    earlier_.emplace();
  }
}

// What is gone has its hash in its place.
void SealedReader::pass_dropped() {
  while (passed_ < dropped_.size() && dropped_[passed_].place == std::ssize(contents_.items())) {
    contents_.add_gone(dropped_[passed_++].digest);
  }
}

void SealedReader::add(const std::string& path, const std::string& name, const void* data, size_t size) {
  if (earlier_) {
    earlier_->add(name, data, size);
  }
  pass_dropped();
  contents_.add(path, name, data, size);
}

std::vector<NamedTensor> SealedReader::arrays(const std::string& path, const std::vector<Entry>& entries) {
  const Handle group = hdf5::open_group(group_, path);
  std::vector<NamedTensor> arrays;
  for (const Entry& entry : entries) {
    const Handle dataset = hdf5::open_dataset(group, entry.name);
    const tensor::Shape shape = hdf5::read_shape(dataset, entry.dtype);
    if (!(shape == entry.shape)) {
      throw hdf5::Failure(fmt::format("{}: '{}' has the shape {}, expected {}", path, entry.name,
                                      tensor::to_string(shape), tensor::to_string(entry.shape)));
    }
    tensor::Tensor& value =
        arrays
            .emplace_back(
                NamedTensor{entry.name, tensor::take_memory(
                                            [&] {
                                              return fmt::format("'{}' of the log, {},", entry.name,
                                                                 tensor::described(shape, entry.dtype));
                                            },
                                            "a machine with more", [&] { return tensor::Tensor(shape, entry.dtype); })})
            .value;
    hdf5::read_values(dataset, hdf5::stored_as(entry.dtype), value.storage.data(),
                      static_cast<size_t>(shape.elements()));
    add(path, entry.name, value.storage.data(), value.bytes());
  }
  return arrays;
}

template <typename T>
std::map<std::string, T> SealedReader::scalars(const std::string& path, const std::vector<std::string>& names) {
  const Handle group = hdf5::open_group(group_, path);
  std::map<std::string, T> values;
  for (const std::string& name : names) {
    T& value = values[name];
    hdf5::read_all(hdf5::open_dataset(group, name), std::span(&value, 1));
    add(path, name, &value, sizeof(T));
  }
  return values;
}

std::optional<History> SealedReader::history(const RunDescription& description) {
  std::optional<History> history = read_history(group_, description);
  if (history && earlier_) {
    earlier_->add(*history);
  }
  if (history) {
    pass_dropped();
    contents_.add(*history);
  }
  return history;
}

bool SealedReader::verify() {
  const Sha256::Digest seal = hdf5::read_digest_attribute(group_, "sha256");
  if (earlier_) {
    return seal == earlier_->seal(step_, sequence_);
  }
  pass_dropped();
  return seal == contents_.seal(step_, sequence_) && read_contents_hash(group_) == contents_.digest();
}

template void make_scalars<int64_t>(hid_t, const std::string&, const std::vector<std::string>&);
template void make_scalars<double>(hid_t, const std::string&, const std::vector<std::string>&);
template void check_scalars(const std::string&, const std::vector<std::string>&, const std::map<std::string, int64_t>&);
template void check_scalars(const std::string&, const std::vector<std::string>&, const std::map<std::string, double>&);
template void SealedWriter::scalars(const std::string&, const std::vector<std::string>&,
                                    const std::map<std::string, int64_t>&);
template void SealedWriter::scalars(const std::string&, const std::vector<std::string>&,
                                    const std::map<std::string, double>&);
template std::map<std::string, int64_t> SealedReader::scalars(const std::string&, const std::vector<std::string>&);
template std::map<std::string, double> SealedReader::scalars(const std::string&, const std::vector<std::string>&);

}  // namespace atelier::runlog
