#include "runlog/hdf5.hpp"

#include <mutex>

#include "runlog/storage_driver.hpp"

namespace atelier::runlog::hdf5 {

namespace {

std::mutex whose_turn;
thread_local int turns_of_thread = 0;

// Objects with up to this many attributes keep them in their header, where rewriting one moves nothing.
constexpr unsigned max_compact_attributes = 32;
constexpr unsigned min_dense_attributes = 24;
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

Handle access_to(Storage& storage) {
  Handle access(H5Pcreate(H5P_FILE_ACCESS));
  use_storage(access, storage);
  return access;
}

// Blocks of metadata are not gathered, since a flush would end the block: where things lie would then depend on when we
// flush.
Handle writing_access(Storage& storage) {
  Handle access = access_to(storage);
  check(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18));
  check(H5Pset_meta_block_size(access, 0));
  check(H5Pset_small_data_block_size(access, 0));
  check(H5Pset_cache(access, 0, chunk_slots, 0, 1.0));  // chunks go straight to the storage
  return access;
}

// What a reader has seen it seldom needs again. By itself libhdf5 keeps up to 32 MiB of metadata, as they are counted
// in the file: in memory they take some fifteen times as much.
Handle reading_access(Storage& storage) {
  Handle access = access_to(storage);
  H5AC_cache_config_t cache{};
  cache.version = H5AC__CURR_CACHE_CONFIG_VERSION;
  check(H5Pget_mdc_config(access, &cache));
  cache.max_size = cache.initial_size = size_t{1} << 20U;
  cache.min_size = size_t{1} << 19U;
  check(H5Pset_mdc_config(access, &cache));
  return access;
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

}  // namespace

Handle dataset_properties() {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE));
  set_object_properties(properties);
  return properties;
}

Handle simple_space(std::span<const int64_t> dims) {
  if (dims.empty()) {
    return Handle(H5Screate(H5S_SCALAR));
  }
  std::vector<hsize_t> lengths(dims.begin(), dims.end());
  return Handle(H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), nullptr));
}

void prepare() {
  static std::once_flag once;
  // At exit HDF5 would try, again and again, to flush a file whose disk is full.
  // What a log says may neither lead into other files nor load code: no external links, no filters from plugins.
  std::call_once(once, [] {
    H5dont_atexit();
    H5open();
    H5Lunregister(H5L_TYPE_EXTERNAL);
    H5PLset_loading_state(0);
  });
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

// Not a recursive mutex: a fork of the thread that holds it would not be its owner, and counts on here.
Turn::Turn() {
  if (turns_of_thread++ == 0) {
    whose_turn.lock();
  }
}

Turn::~Turn() {
  if (--turns_of_thread == 0) {
    whose_turn.unlock();
  }
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

Handle create_file(Storage& storage) {
  return Handle(H5Fcreate("log", H5F_ACC_EXCL, group_properties(H5P_FILE_CREATE), writing_access(storage)));
}

Handle open_file(Storage& storage, bool to_write) {
  return to_write ? Handle(H5Fopen("log", H5F_ACC_RDWR, writing_access(storage)))
                  : Handle(H5Fopen("log", H5F_ACC_RDONLY, reading_access(storage)));
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

}  // namespace atelier::runlog::hdf5
