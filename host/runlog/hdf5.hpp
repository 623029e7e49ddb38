// Inside this room only: HDF5's C interface with handles that close themselves and failures that are thrown.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/shape.hpp"

namespace atelier::runlog {

class Storage;

namespace hdf5 {

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

// Held by a thread that calls HDF5, or forks, while others may: in a fork that is made while another thread is within
// HDF5, its lock is never let go of, and the first call there waits for ever. A thread may hold it more than once.
class Turn {
 public:
  Turn();
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
};

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
constexpr size_t size_of(Type type) {
  return type == Type::u8 ? 1 : type == Type::f32 ? 4 : 8;
}
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

// The file on a storage. Times are not tracked, creation order is.
Handle create_file(Storage& storage);
Handle open_file(Storage& storage, bool to_write);

// Groups.
Handle make_group(hid_t parent, const std::string& name);
Handle open_group(hid_t parent, const std::string& path);
std::vector<std::string> children(hid_t group);  // names in the order of creation
bool has(hid_t parent, const std::string& name);

// What every dataset is made with, and its extent; dims empty: a scalar.
Handle dataset_properties();
Handle simple_space(std::span<const int64_t> dims);

}  // namespace hdf5

}  // namespace atelier::runlog
