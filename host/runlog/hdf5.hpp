// Inside this room only: HDF5's C interface with handles that close themselves and failures that are thrown.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/shape.hpp"

namespace atelier::runlog::hdf5 {

// The reason alone; Writer and Reader make an Error of it, with the path.
class Failure : public std::exception {
 public:
  explicit Failure(std::string reason) : reason_(std::move(reason)) {}
  [[nodiscard]] const char* what() const noexcept override { return reason_.c_str(); }

 private:
  std::string reason_;
};

// Call before anything else, in every thread (HDF5 keeps its error printing per thread).
void prepare();

// The innermost message of HDF5's error stack; of a failed system call, the system's words alone.
std::string innermost_message();

template <typename Status>
Status check(Status status) {
  if (status < 0) {
    throw Failure(innermost_message());
  }
  return status;
}

class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(check(id)) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() { close(); }

  void close() noexcept {
    if (id_ >= 0) {
      H5Idec_ref(std::exchange(id_, H5I_INVALID_HID));
    }
  }
  hid_t release() noexcept { return std::exchange(id_, H5I_INVALID_HID); }
  // NOLINTNEXTLINE(google-explicit-constructor): stands for the id in every HDF5 call
  operator hid_t() const { return id_; }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

// The element types of a log: little-endian in the file, native in memory.
enum class Type { u8, i64, f32, f64 };
hid_t file_type(Type type);
hid_t memory_type(Type type);

template <typename T>
extern const Type type_of;  // of these four only
template <>
inline constexpr Type type_of<double> = Type::f64;
template <>
inline constexpr Type type_of<uint8_t> = Type::u8;
template <>
inline constexpr Type type_of<int64_t> = Type::i64;
template <>
inline constexpr Type type_of<float> = Type::f32;

constexpr Type stored_as(tensor::DType dtype) {
  return dtype == tensor::DType::f32 ? Type::f32 : dtype == tensor::DType::f64 ? Type::f64 : Type::i64;
}

// Files. Times are not tracked, creation order is, HDF5's locking is off.
Handle create_file(const std::filesystem::path& path);
Handle open_to_write(const std::filesystem::path& path);
Handle open_to_read(const std::filesystem::path& path);
Handle open_in_memory(const std::filesystem::path& path);  // to write; the file itself stays as it is
int descriptor_of(hid_t file);
// Takes disk space up to the end of all that the file's metadata may refer to, so that a flush finds the disk full
// before it has changed anything, not half-way. `reserved` is what the call before returned, 0 at first.
int64_t reserve_space(hid_t file, int64_t reserved);
// Turns the open file away from the disk, to memory that ends with it, so that closing it changes nothing on disk.
bool detach(hid_t file) noexcept;

// Groups.
Handle make_group(hid_t parent, const std::string& name);
Handle open_group(hid_t parent, const std::string& path);
std::vector<std::string> children(hid_t group);  // names in the order of creation
bool has(hid_t parent, const std::string& name);

// What every dataset is made with, and its extent; dims empty: a scalar.
Handle dataset_properties();
Handle simple_space(std::span<const int64_t> dims);

}  // namespace atelier::runlog::hdf5
