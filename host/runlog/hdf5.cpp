#include "runlog/hdf5.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5_hl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>

namespace atelier::runlog::hdf5 {

namespace {

// Objects with up to this many attributes keep them in their header, where rewriting one moves nothing.
constexpr unsigned max_compact_attributes = 32;
constexpr unsigned min_dense_attributes = 24;
constexpr unsigned deflate_level = 1;
constexpr size_t chunk_slots = 521;  // HDF5's own

// Without object times, equal runs give equal bytes; with creation order, viewers list things as we made them.
void set_object_properties(hid_t properties) {
  check(H5Pset_obj_track_times(properties, false));
  check(H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  check(H5Pset_attr_phase_change(properties, max_compact_attributes, min_dense_attributes));
}

Handle group_properties(hid_t property_class) {
  Handle properties(H5Pcreate(property_class));
  set_object_properties(properties);
  check(H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  return properties;
}

Handle dataset_properties() {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  set_object_properties(properties);
  return properties;
}

// Metadata reach the file in a flush and at no other time: nothing is evicted from HDF5's cache. Blocks of metadata are
// not gathered, since a flush would end the block: where things lie would then depend on when we flush.
Handle writing_access() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS));
  check(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18));
  check(H5Pset_file_locking(access, false, true));
  check(H5Pset_meta_block_size(access, 0));
  check(H5Pset_small_data_block_size(access, 0));
  check(H5Pset_cache(access, 0, chunk_slots, 0, 1.0));  // chunks go straight to the file
  H5AC_cache_config_t cache{};
  cache.version = H5AC__CURR_CACHE_CONFIG_VERSION;
  check(H5Pget_mdc_config(access, &cache));
  cache.evictions_enabled = false;
  cache.incr_mode = H5C_incr__off;
  cache.flash_incr_mode = H5C_flash_incr__off;
  cache.decr_mode = H5C_decr__off;
  check(H5Pset_mdc_config(access, &cache));
  return access;
}

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1));
  check(H5Tset_size(type, H5T_VARIABLE));
  check(H5Tset_cset(type, H5T_CSET_UTF8));
  return type;
}

Handle simple_space(std::span<const int64_t> dims) {
  if (dims.empty()) {
    return Handle(H5Screate(H5S_SCALAR));
  }
  std::vector<hsize_t> lengths(dims.begin(), dims.end());
  return Handle(H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), nullptr));
}

void write_attribute(hid_t object, const char* name, hid_t type, hid_t memory, hid_t space, const void* data) {
  Handle attribute(has_attribute(object, name) ? H5Aopen(object, name, H5P_DEFAULT)
                                               : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  check(H5Awrite(attribute, memory, data));
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size() + 1);  // HDF5 refuses a null buffer even for no strings at all
  for (const std::string& text : texts) {
    pointers.push_back(text.c_str());
  }
  return pointers;
}

// Copies strings that HDF5 allocated, and gives them back to it. An empty one is a null pointer.
std::vector<std::string> take(std::vector<char*>& pointers) {
  std::vector<std::string> texts;
  for (char* pointer : pointers) {
    texts.emplace_back(pointer == nullptr ? "" : pointer);
    H5free_memory(pointer);
  }
  return texts;
}

size_t elements_in(hid_t space) {
  return static_cast<size_t>(check(H5Sget_simple_extent_npoints(space)));
}

herr_t keep_innermost(unsigned /*depth*/, const H5E_error2_t* error, void* message) {
  auto& kept = *static_cast<std::string*>(message);
  if (kept.empty() && error->desc != nullptr) {
    kept = error->desc;
  }
  return 0;
}

herr_t keep_name(hid_t /*group*/, const char* name, const H5L_info_t* /*info*/, void* names) {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

// Whole rows of a dataset, as a selection in its file space, beside a memory space of the same shape.
struct Rows {
  Rows(hid_t dataset, int64_t first, int64_t count) : file(H5Dget_space(dataset)) {
    std::vector<int64_t> dims = shape_of(dataset);
    dims.at(0) = count;
    std::vector<hsize_t> start(dims.size(), 0);
    start[0] = static_cast<hsize_t>(first);
    const std::vector<hsize_t> lengths(dims.begin(), dims.end());
    check(H5Sselect_hyperslab(file, H5S_SELECT_SET, start.data(), nullptr, lengths.data(), nullptr));
    memory = simple_space(dims);
  }
  Handle file;
  Handle memory;
};

}  // namespace

void prepare() {
  static std::once_flag once;
  // At exit HDF5 would try, again and again, to flush a file whose disk is full.
  std::call_once(once, [] { H5dont_atexit(); });
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

std::string innermost_message() {
  std::string message;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &message);
  constexpr std::string_view marker = "error message = '";
  if (const size_t start = message.find(marker); start != std::string::npos) {
    const size_t begin = start + marker.size();
    return message.substr(begin, message.find('\'', begin) - begin);
  }
  return message.empty() ? "HDF5 failed without saying why" : message;
}

hid_t file_type(Type type) {
  switch (type) {
    case Type::u8:
      return H5T_STD_U8LE;
    case Type::i64:
      return H5T_STD_I64LE;
    case Type::f32:
      return H5T_IEEE_F32LE;
    case Type::f64:
      break;
  }
  return H5T_IEEE_F64LE;
}

hid_t memory_type(Type type) {
  switch (type) {
    case Type::u8:
      return H5T_NATIVE_UINT8;
    case Type::i64:
      return H5T_NATIVE_INT64;
    case Type::f32:
      return H5T_NATIVE_FLOAT;
    case Type::f64:
      break;
  }
  return H5T_NATIVE_DOUBLE;
}

Handle create_file(const std::filesystem::path& path) {
  return Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, group_properties(H5P_FILE_CREATE), writing_access()));
}

Handle open_to_write(const std::filesystem::path& path) {
  return Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, writing_access()));
}

Handle open_to_read(const std::filesystem::path& path) {
  Handle access(H5Pcreate(H5P_FILE_ACCESS));
  check(H5Pset_file_locking(access, false, true));
  return Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access));
}

int descriptor_of(hid_t file) {
  void* descriptor = nullptr;
  check(H5Fget_vfd_handle(file, H5P_DEFAULT, &descriptor));
  return *static_cast<int*>(descriptor);
}

int64_t reserve_space(hid_t file, int64_t reserved) {
  haddr_t end = 0;
  check(H5Fget_eoa(file, &end));
  const auto wanted = static_cast<int64_t>(end);
  // A file system that cannot reserve says EOPNOTSUPP; then the flush is what finds out.
  if (wanted > reserved && fallocate(descriptor_of(file), 0, reserved, wanted - reserved) != 0 && errno != EOPNOTSUPP) {
    throw Failure(std::strerror(errno));
  }
  return std::max(wanted, reserved);
}

bool detach(hid_t file) noexcept {
  void* descriptor = nullptr;
  const int memory = memfd_create("abandoned log", MFD_CLOEXEC);
  const bool detached = memory >= 0 && H5Fget_vfd_handle(file, H5P_DEFAULT, &descriptor) >= 0 &&
                        dup2(memory, *static_cast<int*>(descriptor)) >= 0;
  if (memory >= 0) {
    ::close(memory);
  }
  return detached;
}

Handle make_group(hid_t parent, const std::string& name) {
  return Handle(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, group_properties(H5P_GROUP_CREATE), H5P_DEFAULT));
}

Handle open_group(hid_t parent, const std::string& path) {
  return Handle(H5Gopen2(parent, path.c_str(), H5P_DEFAULT));
}

std::vector<std::string> children(hid_t group) {
  std::vector<std::string> names;
  check(H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, keep_name, &names));
  return names;
}

bool has(hid_t parent, const std::string& name) {
  return check(H5Lexists(parent, name.c_str(), H5P_DEFAULT)) > 0;
}

void write_attribute(hid_t object, const char* name, const std::string& value) {
  const Handle type = text_type();
  const char* pointer = value.c_str();
  write_attribute(object, name, type, type, simple_space({}), &pointer);
}

void write_attribute(hid_t object, const char* name, int64_t value) {
  write_attribute(object, name, file_type(Type::i64), memory_type(Type::i64), simple_space({}), &value);
}

void write_attribute(hid_t object, const char* name, uint8_t value) {
  write_attribute(object, name, file_type(Type::u8), memory_type(Type::u8), simple_space({}), &value);
}

void write_attribute(hid_t object, const char* name, const std::vector<std::string>& values) {
  const Handle type = text_type();
  const std::array<int64_t, 1> length{static_cast<int64_t>(values.size())};
  write_attribute(object, name, type, type, simple_space(length), pointers_to(values).data());
}

void write_attribute(hid_t object, const char* name, std::span<const uint8_t> values) {
  const std::array<int64_t, 1> length{static_cast<int64_t>(values.size())};
  write_attribute(object, name, file_type(Type::u8), memory_type(Type::u8), simple_space(length), values.data());
}

std::string read_text_attribute(hid_t object, const char* name) {
  std::vector<std::string> texts = read_texts_attribute(object, name);
  return texts.empty() ? "" : std::move(texts.front());
}

int64_t read_integer_attribute(hid_t object, const char* name) {
  int64_t value = 0;
  check(H5Aread(Handle(H5Aopen(object, name, H5P_DEFAULT)), memory_type(Type::i64), &value));
  return value;
}

std::vector<std::string> read_texts_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  std::vector<char*> pointers(elements_in(Handle(H5Aget_space(attribute))));
  if (pointers.empty()) {
    return {};
  }
  check(H5Aread(attribute, text_type(), pointers.data()));
  return take(pointers);
}

std::vector<uint8_t> read_bytes_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
  std::vector<uint8_t> values(elements_in(Handle(H5Aget_space(attribute))));
  check(H5Aread(attribute, memory_type(Type::u8), values.data()));
  return values;
}

bool has_attribute(hid_t object, const char* name) {
  return check(H5Aexists(object, name)) > 0;
}

void make_text(hid_t parent, const std::string& name, const std::string& text) {
  const Handle type = text_type();
  const Handle dataset(
      H5Dcreate2(parent, name.c_str(), type, simple_space({}), H5P_DEFAULT, dataset_properties(), H5P_DEFAULT));
  const char* pointer = text.c_str();
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer));
}

Handle make_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts) {
  const Handle type = text_type();
  const std::array<int64_t, 1> length{static_cast<int64_t>(texts.size())};
  Handle dataset(
      H5Dcreate2(parent, name.c_str(), type, simple_space(length), H5P_DEFAULT, dataset_properties(), H5P_DEFAULT));
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers_to(texts).data()));
  return dataset;
}

std::string read_text(hid_t parent, const std::string& name) {
  std::vector<std::string> texts = read_texts(parent, name);
  return texts.empty() ? "" : std::move(texts.front());
}

std::vector<std::string> read_texts(hid_t parent, const std::string& name) {
  const Handle dataset = open_dataset(parent, name);
  std::vector<char*> pointers(elements_in(Handle(H5Dget_space(dataset))));
  check(H5Dread(dataset, text_type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()));
  return take(pointers);
}

Handle make_array(hid_t parent, const std::string& name, Type type, std::span<const int64_t> dims) {
  const Handle properties = dataset_properties();
  check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY));
  check(H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER));
  return Handle(
      H5Dcreate2(parent, name.c_str(), file_type(type), simple_space(dims), H5P_DEFAULT, properties, H5P_DEFAULT));
}

Handle make_growing(hid_t parent, const std::string& name, Type type, std::span<const int64_t> row, int64_t chunk_rows,
                    bool compressed) {
  std::vector<hsize_t> chunk{static_cast<hsize_t>(chunk_rows)};
  chunk.insert(chunk.end(), row.begin(), row.end());
  std::vector<hsize_t> length = chunk;
  std::vector<hsize_t> limit = chunk;
  length[0] = 0;
  limit[0] = H5S_UNLIMITED;
  const int rank = static_cast<int>(chunk.size());

  const Handle properties = dataset_properties();
  check(H5Pset_chunk(properties, rank, chunk.data()));
  if (compressed) {
    if (type != Type::u8) {
      check(H5Pset_shuffle(properties));
    }
    check(H5Pset_deflate(properties, deflate_level));
  } else {
    if (type == Type::f64) {
      const double missing = std::numeric_limits<double>::quiet_NaN();
      check(H5Pset_fill_value(properties, memory_type(type), &missing));
    }
    // Chunks lie where they are first needed, not where a flush happens to meet them: see writing_access.
    check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY));
  }
  return Handle(H5Dcreate2(parent, name.c_str(), file_type(type),
                           Handle(H5Screate_simple(rank, length.data(), limit.data())), H5P_DEFAULT, properties,
                           H5P_DEFAULT));
}

Handle open_dataset(hid_t parent, const std::string& name) {
  return Handle(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
}

std::vector<int64_t> shape_of(hid_t dataset) {
  const Handle space(H5Dget_space(dataset));
  std::vector<hsize_t> lengths(static_cast<size_t>(check(H5Sget_simple_extent_ndims(space))));
  check(H5Sget_simple_extent_dims(space, lengths.data(), nullptr));
  return {lengths.begin(), lengths.end()};
}

void resize(hid_t dataset, int64_t rows) {
  const std::vector<int64_t> shape = shape_of(dataset);
  std::vector<hsize_t> lengths(shape.begin(), shape.end());
  lengths.at(0) = static_cast<hsize_t>(rows);
  check(H5Dset_extent(dataset, lengths.data()));
}

void write_all(hid_t dataset, Type type, const void* data) {
  check(H5Dwrite(dataset, memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
}

void read_all(hid_t dataset, Type type, void* data) {
  check(H5Dread(dataset, memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
}

void write_rows(hid_t dataset, Type type, int64_t first, int64_t count, const void* data) {
  const Rows rows(dataset, first, count);
  check(H5Dwrite(dataset, memory_type(type), rows.memory, rows.file, H5P_DEFAULT, data));
}

void read_rows(hid_t dataset, Type type, int64_t first, int64_t count, void* data) {
  const Rows rows(dataset, first, count);
  check(H5Dread(dataset, memory_type(type), rows.memory, rows.file, H5P_DEFAULT, data));
}

void make_scale(hid_t dataset, const std::string& name) {
  check(H5DSset_scale(dataset, name.c_str()));
}

Handle make_unwritten_scale(hid_t group, const std::string& name, int64_t length) {
  const std::array<int64_t, 1> dims{length};
  Handle dataset(H5Dcreate2(group, name.c_str(), file_type(Type::f32), simple_space(dims), H5P_DEFAULT,
                            dataset_properties(), H5P_DEFAULT));
  // netCDF's own words: by them every netCDF reader knows a dimension from a variable.
  make_scale(dataset, fmt::format("This is a netCDF dimension but not a netCDF variable.{:10}", length));
  return dataset;
}

void attach(hid_t dataset, const std::vector<hid_t>& scales) {
  for (size_t axis = 0; axis < scales.size(); ++axis) {
    check(H5DSattach_scale(dataset, scales[axis], static_cast<unsigned>(axis)));
  }
}

}  // namespace atelier::runlog::hdf5
