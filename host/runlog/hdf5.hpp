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
constexpr Type type_of = Type::f64;
template <>
inline constexpr Type type_of<uint8_t> = Type::u8;
template <>
inline constexpr Type type_of<int64_t> = Type::i64;
template <>
inline constexpr Type type_of<float> = Type::f32;

// Files. Times are not tracked, creation order is, HDF5's locking is off.
Handle create_file(const std::filesystem::path& path);
Handle open_to_write(const std::filesystem::path& path);
Handle open_to_read(const std::filesystem::path& path);
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

// Attributes: scalars, and lists of strings. write_ makes the attribute, or overwrites one of the same type.
void write_attribute(hid_t object, const char* name, const std::string& value);
void write_attribute(hid_t object, const char* name, int64_t value);
void write_attribute(hid_t object, const char* name, uint8_t value);
void write_attribute(hid_t object, const char* name, const std::vector<std::string>& values);
void write_attribute(hid_t object, const char* name, std::span<const uint8_t> values);
std::string read_text_attribute(hid_t object, const char* name);
int64_t read_integer_attribute(hid_t object, const char* name);
std::vector<std::string> read_texts_attribute(hid_t object, const char* name);
std::vector<uint8_t> read_bytes_attribute(hid_t object, const char* name);
bool has_attribute(hid_t object, const char* name);

// Variable-length UTF-8 strings: one, or a list.
void make_text(hid_t parent, const std::string& name, const std::string& text);
Handle make_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts);
std::string read_text(hid_t parent, const std::string& name);
std::vector<std::string> read_texts(hid_t parent, const std::string& name);

// Arrays of a fixed size, contiguous, their space taken at once. dims empty: a scalar.
Handle make_array(hid_t parent, const std::string& name, Type type, std::span<const int64_t> dims);
// Arrays that grow along their first axis from length 0, in chunks of `chunk_rows` rows of shape `row`. Compressed ones
// are to be written a whole chunk at a time; what was never written is NaN in float64 ones, 0 in others.
Handle make_growing(hid_t parent, const std::string& name, Type type, std::span<const int64_t> row, int64_t chunk_rows,
                    bool compressed);
Handle open_dataset(hid_t parent, const std::string& name);
std::vector<int64_t> shape_of(hid_t dataset);
void resize(hid_t dataset, int64_t rows);

void write_all(hid_t dataset, Type type, const void* data);
void read_all(hid_t dataset, Type type, void* data);
void write_rows(hid_t dataset, Type type, int64_t first, int64_t count, const void* data);
void read_rows(hid_t dataset, Type type, int64_t first, int64_t count, void* data);

// Dimension scales. A coordinate is a 1-D dataset in the group of those it is attached to, named as the dimension.
void make_scale(hid_t dataset, const std::string& name);
Handle make_unwritten_scale(hid_t group, const std::string& name, int64_t length);
void attach(hid_t dataset, const std::vector<hid_t>& scales);  // axis by axis

}  // namespace atelier::runlog::hdf5
