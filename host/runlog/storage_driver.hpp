// Inside this room only: libhdf5's file driver that reads from and writes to a Storage.
#pragma once

#include "runlog/hdf5.hpp"

namespace atelier::runlog {

class Storage;

// Has `access` (a property list of H5P_FILE_ACCESS) open this storage, whatever name H5Fopen is given.
void use_storage(hid_t access, Storage& storage);

}  // namespace atelier::runlog
