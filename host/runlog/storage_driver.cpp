#include "runlog/storage_driver.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <new>

#include "runlog/storage.hpp"

namespace atelier::runlog {

namespace {

// As libhdf5 has an open file of a driver: its own part first.
struct OpenFile {
  H5FD_t theirs{};
  Storage* storage = nullptr;
  haddr_t end = 0;
};

Storage& storage_of(const H5FD_t* file) {
  return *reinterpret_cast<const OpenFile*>(file)->storage;
}

// What a property list holds of a driver is copied byte by byte.
struct Chosen {
  Storage* storage;
};

H5FD_t* open(const char* /*name*/, unsigned /*flags*/, hid_t access, haddr_t /*most*/) {
  const auto* const chosen = static_cast<const Chosen*>(H5Pget_driver_info(access));
  if (chosen == nullptr) {
    return nullptr;
  }
  auto* const file = new (std::nothrow) OpenFile;
  if (file == nullptr) {
    return nullptr;
  }
  file->storage = chosen->storage;
  return &file->theirs;
}

herr_t close(H5FD_t* file) {
  delete reinterpret_cast<OpenFile*>(file);
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
  const Storage* const first = &storage_of(a);
  const Storage* const second = &storage_of(b);
  return first == second ? 0 : std::less<>()(first, second) ? -1 : 1;
}

herr_t query(const H5FD_t* /*file*/, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t get_end(const H5FD_t* file, H5FD_mem_t /*type*/) {
  return reinterpret_cast<const OpenFile*>(file)->end;
}

herr_t set_end(H5FD_t* file, H5FD_mem_t /*type*/, haddr_t end) {
  reinterpret_cast<OpenFile*>(file)->end = end;
  return 0;
}

haddr_t get_size(const H5FD_t* file, H5FD_mem_t /*type*/) {
  return storage_of(file).size();
}

template <typename Action>
herr_t guarded(Storage& storage, Action&& action) noexcept {
  try {
    action();
    return 0;
  } catch (const std::exception& failure) {
    try {
      storage.fail(dynamic_cast<const std::bad_alloc*>(&failure) != nullptr ? "not enough memory" : failure.what());
    } catch (const std::bad_alloc&) {
      std::terminate();
    }
    return -1;
  }
}

herr_t read(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t offset, size_t size, void* buffer) {
  return guarded(storage_of(file),
                 [&] { storage_of(file).read(offset, std::span(static_cast<std::byte*>(buffer), size)); });
}

herr_t write(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t offset, size_t size, const void* buffer) {
  return guarded(storage_of(file),
                 [&] { storage_of(file).write(offset, std::span(static_cast<const std::byte*>(buffer), size)); });
}

// Called where the file's end in it is known: at a flush, and as it is closed.
herr_t truncate(H5FD_t* file, hid_t /*transfer*/, hbool_t /*closing*/) {
  storage_of(file).set_end(reinterpret_cast<const OpenFile*>(file)->end);
  return 0;
}

H5FD_class_t make_class() {
  H5FD_class_t made{};
#if H5_VERSION_GE(1, 14, 0)
  made.version = H5FD_CLASS_VERSION;
  made.value = static_cast<H5FD_class_value_t>(600);  // of those for nobody's registered drivers
#endif
  made.name = "atelier";
  made.maxaddr = std::numeric_limits<int64_t>::max();
  made.fc_degree = H5F_CLOSE_STRONG;
  made.fapl_size = sizeof(Chosen);
  made.open = open;
  made.close = close;
  made.cmp = compare;
  made.query = query;
  made.get_eoa = get_end;
  made.set_eoa = set_end;
  made.get_eof = get_size;
  made.read = read;
  made.write = write;
  made.truncate = truncate;
  const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(map), std::end(map), made.fl_map);
  return made;
}

}  // namespace

void use_storage(hid_t access, Storage& storage) {
  static const H5FD_class_t driver_class = make_class();
  static const hid_t driver = H5FDregister(&driver_class);
  hdf5::check(driver);
  const Chosen chosen{&storage};
  hdf5::check(H5Pset_driver(access, driver, &chosen));
}

}  // namespace atelier::runlog
