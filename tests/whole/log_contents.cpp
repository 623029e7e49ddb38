#include "log_contents.hpp"

#include <hdf5.h>

#include <vector>

#include "base/error.hpp"

namespace whole {
namespace {

using Contents = std::map<std::string, std::string>;

hid_t checked(hid_t id) {
  if (id < 0) {
    throw atelier::Error(atelier::ErrorKind::internal, "HDF5 failed");
  }
  return id;
}

bool left_out(const std::string& name) {
  return name.starts_with("/timing") || name == "/@created_utc" || name == "/@run_id" ||
         name == "/@description_sha256" || name == "/provenance/threads" || name == "/provenance@threads";
}

// What reads a dataset is given for an attribute too.
template <typename Read>
std::string bytes_of(hid_t type, hid_t space, const Read& read) {
  const auto elements = static_cast<size_t>(std::max<hssize_t>(H5Sget_simple_extent_npoints(space), 0));
  std::vector<hsize_t> lengths(static_cast<size_t>(std::max(H5Sget_simple_extent_ndims(space), 0)));
  H5Sget_simple_extent_dims(space, lengths.data(), nullptr);
  std::string out = std::to_string(H5Tget_class(type)) + "(";
  for (const hsize_t length : lengths) {
    out += std::to_string(length) + ",";
  }
  out += ")";
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> strings(elements + 1, nullptr);  // one more, since HDF5 refuses a null pointer
    checked(read(type, strings.data()));
    for (size_t i = 0; i < elements; ++i) {
      out += (strings[i] == nullptr ? std::string() : std::string(strings[i])) + '\0';
    }
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, strings.data());
    return out;
  }
  std::string raw(elements * H5Tget_size(type), '\0');
  checked(read(type, raw.data()));
  return out + raw;
}

bool is_reference(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  return kind == H5T_REFERENCE || kind == H5T_COMPOUND || (kind == H5T_VLEN && H5Tis_variable_str(type) <= 0);
}

struct Object {
  Contents& contents;
  std::string path;
};

herr_t add_attribute(hid_t location, const char* name, const H5A_info_t*, void* data) {
  auto& object = *static_cast<Object*>(data);
  const hid_t attribute = checked(H5Aopen(location, name, H5P_DEFAULT));
  const hid_t type = H5Aget_type(attribute);
  const hid_t space = H5Aget_space(attribute);
  const std::string path = object.path + "@" + name;
  if (!is_reference(type) && !left_out(path)) {
    object.contents[path] = bytes_of(type, space, [&](hid_t as, void* to) { return H5Aread(attribute, as, to); });
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  return 0;
}

herr_t add_object(hid_t root, const char* name, const H5O_info_t* info, void* data) {
  auto& contents = *static_cast<Contents*>(data);
  const std::string path = std::string(name) == "." ? "/" : "/" + std::string(name);
  if (left_out(path)) {
    return 0;
  }
  const hid_t object = checked(H5Oopen(root, name, H5P_DEFAULT));
  if (info->type == H5O_TYPE_DATASET) {
    const hid_t type = H5Dget_type(object);
    const hid_t space = H5Dget_space(object);
    contents[path] = bytes_of(
        type, space, [&](hid_t as, void* to) { return H5Dread(object, as, H5S_ALL, H5S_ALL, H5P_DEFAULT, to); });
    H5Sclose(space);
    H5Tclose(type);
  } else {
    contents[path] = "group";
  }
  Object named{contents, path};
  hsize_t first = 0;
  checked(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &first, add_attribute, &named));
  H5Oclose(object);
  return 0;
}

}  // namespace

Contents contents_of(const std::filesystem::path& log) {
  Contents contents;
  const hid_t file = checked(H5Fopen(log.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  checked(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, add_object, &contents, H5O_INFO_BASIC));
  H5Fclose(file);
  return contents;
}

}  // namespace whole
