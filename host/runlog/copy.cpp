#include "runlog/copy.hpp"

#include <fmt/core.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "runlog/hdf5_stored.hpp"

namespace atelier::runlog::hdf5 {

namespace {

const std::set<std::string> references{"DIMENSION_LIST", "REFERENCE_LIST"};  // which H5DS writes
const std::set<std::string> of_scales{"CLASS", "NAME"};                      // which it writes, too

std::string inside(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "/" + name;
}

std::vector<hsize_t> dims_of(hid_t space, std::vector<hsize_t>& most) {
  const auto rank = static_cast<size_t>(check(H5Sget_simple_extent_ndims(space)));
  std::vector<hsize_t> dims(rank);
  most.resize(rank);
  check(H5Sget_simple_extent_dims(space, dims.data(), most.data()));
  return dims;
}

int64_t rows_that_grow(hid_t dataset) {
  std::vector<hsize_t> most;
  const std::vector<hsize_t> dims = dims_of(Handle(H5Dget_space(dataset)), most);
  return !most.empty() && most.front() == H5S_UNLIMITED ? static_cast<int64_t>(dims.front()) : -1;
}

bool has_texts(hid_t type) {
  return H5Tis_variable_str(type) > 0;
}

// H5DSis_scale() takes the address of a text of variable length for the text, and by chance says that it is a scale.
bool is_scale(hid_t dataset) {
  if (H5Aexists(dataset, "CLASS") <= 0) {
    return false;
  }
  const Handle attribute(H5Aopen(dataset, "CLASS", H5P_DEFAULT));
  return !has_texts(Handle(H5Aget_type(attribute))) && check(H5DSis_scale(dataset)) > 0;
}

// Values in memory as they are in the file; texts are pointers, which go back to HDF5.
class Values {
 public:
  Values(hid_t type, hid_t space)
      : type_(type),
        space_(space),
        bytes_(H5Tget_size(type) * static_cast<size_t>(check(H5Sget_select_npoints(space)))) {
    if (!has_texts(type) && H5Tdetect_class(type, H5T_VLEN) > 0) {
      throw Failure("it has lists of unequal length, which no log has");
    }
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;
  ~Values() {
    if (has_texts(type_) && !bytes_.empty()) {
      H5Dvlen_reclaim(type_, space_, H5P_DEFAULT, bytes_.data());
    }
  }
  void* data() { return bytes_.data(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  // As they can be compared.
  [[nodiscard]] std::string plain() const {
    if (!has_texts(type_)) {
      return {bytes_.data(), bytes_.size()};
    }
    std::string all;
    for (size_t at = 0; at < bytes_.size(); at += sizeof(char*)) {
      const char* text = nullptr;
      std::memcpy(&text, bytes_.data() + at, sizeof text);
      const std::string_view shown(text == nullptr ? "" : text);
      all += fmt::format("{} ", shown.size());
      all += shown;
    }
    return all;
  }

 private:
  hid_t type_, space_;  // that are open as long
  std::vector<char> bytes_;
};

std::string attribute_values(hid_t object, const std::string& name) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  const Handle type(H5Aget_type(attribute));
  const Handle space(H5Aget_space(attribute));
  Values values(type, space);
  if (!values.empty()) {
    check(H5Aread(attribute, type, values.data()));
  }
  return values.plain();
}

std::vector<std::string> attributes_of(hid_t object, bool scale) {
  std::vector<std::string> all;
  hsize_t at = 0;
  check(H5Aiterate2(
      object, H5_INDEX_NAME, H5_ITER_INC, &at,
      [](hid_t, const char* name, const H5A_info_t*, void* names) -> herr_t {
        static_cast<std::vector<std::string>*>(names)->emplace_back(name);
        return 0;
      },
      &all));
  std::erase_if(
      all, [&](const std::string& name) { return references.contains(name) || (scale && of_scales.contains(name)); });
  return all;
}

void copy_attributes(hid_t from, hid_t to, bool scale) {
  for (const std::string& name : attributes_of(from, scale)) {
    const Handle attribute(H5Aopen(from, name.c_str(), H5P_DEFAULT));
    const Handle type(H5Aget_type(attribute));
    const Handle space(H5Aget_space(attribute));
    Values values(type, space);
    const Handle made(H5Acreate2(to, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
    if (!values.empty()) {
      check(H5Aread(attribute, type, values.data()));
      check(H5Awrite(made, type, values.data()));
    }
  }
}

// Rows of the first axis; of a single value, that.
void select_rows(hid_t space, hsize_t first, hsize_t count) {
  std::vector<hsize_t> most;
  std::vector<hsize_t> lengths = dims_of(space, most);
  std::vector<hsize_t> start(lengths.size(), 0);
  if (!lengths.empty()) {
    start.front() = first;
    lengths.front() = count;
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, lengths.data(), nullptr));
  }
}

Handle memory_of_rows(hid_t space, hsize_t count) {
  std::vector<hsize_t> most;
  std::vector<hsize_t> lengths = dims_of(space, most);
  if (lengths.empty()) {
    return Handle(H5Screate(H5S_SCALAR));
  }
  lengths.front() = count;
  return Handle(H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), nullptr));
}

std::string rows_of(hid_t dataset, hsize_t first, hsize_t count) {
  const Handle type(H5Dget_type(dataset));
  const Handle space(H5Dget_space(dataset));
  select_rows(space, first, count);
  const Handle memory = memory_of_rows(space, count);
  Values values(type, memory);
  if (!values.empty()) {
    check(H5Dread(dataset, type, memory, space, H5P_DEFAULT, values.data()));
  }
  return values.plain();
}

hsize_t rows_in(hid_t dataset) {
  std::vector<hsize_t> most;
  const std::vector<hsize_t> dims = dims_of(Handle(H5Dget_space(dataset)), most);
  return dims.empty() ? 1 : dims.front();
}

// A dataset like the other, but for how many rows it has, and without values.
Handle make_like(hid_t dataset, hid_t parent, const std::string& name, Fate fate) {
  const Handle space(H5Dget_space(dataset));
  const Handle properties(H5Dget_create_plist(dataset));
  std::vector<hsize_t> most;
  std::vector<hsize_t> dims = dims_of(space, most);
  if (fate == Fate::unwritten) {
    check(H5Pset_alloc_time(properties, H5D_ALLOC_TIME_LATE));
    check(H5Pset_fill_time(properties, H5D_FILL_TIME_ALLOC));
  } else {
    dims.front() = fate == Fate::last_row ? std::min<hsize_t>(dims.front(), 1) : 0;
  }
  const Handle made_space(dims.empty() ? H5Screate(H5S_SCALAR)
                                       : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), most.data()));
  return Handle(
      H5Dcreate2(parent, name.c_str(), Handle(H5Dget_type(dataset)), made_space, H5P_DEFAULT, properties, H5P_DEFAULT));
}

void copy_last_row(hid_t from, hid_t to) {
  const hsize_t rows = rows_in(from);
  if (rows == 0) {
    return;
  }
  const Handle type(H5Dget_type(from));
  const Handle space(H5Dget_space(from));
  select_rows(space, rows - 1, 1);
  const Handle memory = memory_of_rows(space, 1);
  Values values(type, memory);
  check(H5Dread(from, type, memory, space, H5P_DEFAULT, values.data()));
  check(H5Dwrite(to, type, memory, H5S_ALL, H5P_DEFAULT, values.data()));
}

void copy_whole(hid_t parent, hid_t to, const std::string& name) {
  const Handle properties(H5Pcreate(H5P_OBJECT_COPY));
  check(H5Pset_copy_object(properties, H5O_COPY_WITHOUT_ATTR_FLAG));
  check(H5Ocopy(parent, name.c_str(), to, name.c_str(), properties, H5P_DEFAULT));
}

struct Member {
  std::string name;
  H5O_type_t type;
  unsigned names;  // that it has
  haddr_t address;
};

std::vector<Member> members_of(hid_t group, const std::string& path) {
  std::vector<Member> members;
  for (const std::string& name : children(group)) {
    H5L_info_t link{};
    check(H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT));
    if (link.type != H5L_TYPE_HARD) {
      throw Failure(fmt::format("{}: is a link to something else, expected a group or a dataset", inside(path, name)));
    }
    H5O_info_t info{};
    check(H5Oget_info_by_name2(group, name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT));
    if (info.type != H5O_TYPE_GROUP && info.type != H5O_TYPE_DATASET) {
      throw Failure(fmt::format("{}: is neither a group nor a dataset", inside(path, name)));
    }
    members.push_back({name, info.type, info.rc, info.addr});
  }
  return members;
}

class Copy {
 public:
  Copy(hid_t from, hid_t to, const FateOf& fate_of) : from_(from), to_(to), fate_of_(fate_of) {}

  void run() {
    group(from_, to_, "");
    for (const std::string& path : datasets_) {
      attach(path);
    }
    for (const std::string& path : datasets_) {  // after H5DS has looked at them
      const Handle old(H5Dopen2(from_, path.c_str(), H5P_DEFAULT));
      copy_attributes(old, Handle(H5Dopen2(to_, path.c_str(), H5P_DEFAULT)), is_scale(old));
    }
  }

 private:
  void group(hid_t from, hid_t to, const std::string& path) {
    copy_attributes(from, to, false);
    for (const Member& member : members_of(from, path)) {
      const std::string at = inside(path, member.name);
      if (member.names > 1 && known_.contains(member.address)) {
        check(
            H5Lcreate_hard(to_, known_.at(member.address).c_str(), to, member.name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
        continue;
      }
      if (member.type == H5O_TYPE_GROUP) {
        if (fate_of_(at, -1) == Fate::gone) {
          continue;
        }
        group(open_group(from, member.name), make_group(to, member.name), at);
      } else if (dataset(from, to, member.name, at) != Fate::whole) {
        continue;  // under its other names it may be kept
      }
      known_[member.address] = "/" + at;
    }
  }

  Fate dataset(hid_t from, hid_t to, const std::string& name, const std::string& path) {
    const Handle old(H5Dopen2(from, name.c_str(), H5P_DEFAULT));
    const Fate fate = fate_of_(path, rows_that_grow(old));
    if (fate == Fate::gone) {
      return fate;
    }
    Handle made;
    if (fate == Fate::whole) {
      copy_whole(from, to, name);
      made = Handle(H5Dopen2(to, name.c_str(), H5P_DEFAULT));
    } else {
      made = make_like(old, to, name, fate);
      if (fate == Fate::last_row) {
        copy_last_row(old, made);
      }
    }
    if (is_scale(old)) {
      std::array<char, 200> scale_name{};
      check(H5DSget_scale_name(old, scale_name.data(), scale_name.size()));
      check(H5DSset_scale(made, scale_name.data()));
    }
    datasets_.push_back(path);
    return fate;
  }

  void attach(const std::string& path) {
    const Handle old(H5Dopen2(from_, path.c_str(), H5P_DEFAULT));
    if (H5Aexists(old, "DIMENSION_LIST") <= 0) {
      return;
    }
    const Handle made(H5Dopen2(to_, path.c_str(), H5P_DEFAULT));
    std::vector<hsize_t> most;
    const auto rank = static_cast<unsigned>(dims_of(Handle(H5Dget_space(old)), most).size());
    for (unsigned axis = 0; axis < rank; ++axis) {
      std::vector<std::string> scales;
      check(H5DSiterate_scales(
          old, axis, nullptr,
          [](hid_t, unsigned, hid_t scale, void* paths) -> herr_t {
            std::array<char, 1024> name{};
            H5Iget_name(scale, name.data(), name.size());
            static_cast<std::vector<std::string>*>(paths)->emplace_back(name.data());
            return 0;
          },
          &scales));
      for (const std::string& scale : scales) {
        if (H5DSattach_scale(made, Handle(H5Dopen2(to_, scale.c_str(), H5P_DEFAULT)), axis) < 0) {
          throw Failure(fmt::format("{}: {} cannot be attached to its axis {}", path, scale, axis));
        }
      }
    }
  }

  hid_t from_, to_;
  const FateOf& fate_of_;
  std::map<haddr_t, std::string> known_;  // where an object of the old file is in the new one
  std::vector<std::string> datasets_;
};

[[noreturn]] void throw_differs(const std::string& path) {
  throw Failure(fmt::format("{}: the copy differs from it", path.empty() ? "/" : path));
}

void compare_attributes(hid_t from, hid_t to, bool scale, const std::string& path) {
  for (const std::string& name : attributes_of(from, scale)) {
    if (H5Aexists(to, name.c_str()) <= 0 || attribute_values(from, name) != attribute_values(to, name)) {
      throw_differs(inside(path, name));
    }
  }
}

void compare_dataset(hid_t old, hid_t made, const std::string& path, Fate fate) {
  constexpr hsize_t most = hsize_t{1} << 23;  // bytes at once
  compare_attributes(old, made, is_scale(old), path);
  const Handle type(H5Dget_type(old));
  if (H5Tequal(type, Handle(H5Dget_type(made))) <= 0) {
    throw_differs(path);
  }
  const hsize_t rows = rows_in(old);
  const hsize_t kept = fate == Fate::whole ? rows : fate == Fate::last_row ? std::min<hsize_t>(rows, 1) : 0;
  if (fate != Fate::unwritten && rows_in(made) != kept && !(fate == Fate::whole && rows == 0)) {
    throw_differs(path);
  }
  const auto elements = static_cast<hsize_t>(H5Sget_simple_extent_npoints(Handle(H5Dget_space(old))));
  if (elements == 0 || (H5Dget_storage_size(old) == 0 && H5Dget_storage_size(made) == 0)) {
    return;  // values that were never written are the same
  }
  expect_place_for(old);
  const hsize_t row_bytes = std::max<hsize_t>(1, elements / std::max<hsize_t>(rows, 1) * H5Tget_size(type));
  const hsize_t block = std::max<hsize_t>(1, most / row_bytes);
  for (hsize_t row = 0; row < kept; row += block) {
    const hsize_t count = std::min(block, kept - row);
    if (rows_of(old, rows - kept + row, count) != rows_of(made, row, count)) {
      throw_differs(path);
    }
  }
}

void compare_groups(hid_t from, hid_t to, const std::string& path, const FateOf& fate_of) {
  compare_attributes(from, to, false, path);
  for (const Member& member : members_of(from, path)) {
    const std::string at = inside(path, member.name);
    if (member.type == H5O_TYPE_GROUP) {
      if (fate_of(at, -1) != Fate::gone) {
        compare_groups(open_group(from, member.name), open_group(to, member.name), at, fate_of);
      }
      continue;
    }
    const Handle old(H5Dopen2(from, member.name.c_str(), H5P_DEFAULT));
    const Fate fate = fate_of(at, rows_that_grow(old));
    if (fate != Fate::gone) {
      compare_dataset(old, Handle(H5Dopen2(to, member.name.c_str(), H5P_DEFAULT)), at, fate);
    }
  }
}

}  // namespace

void copy_objects(hid_t from, hid_t to, const FateOf& fate_of) {
  Copy(Handle(H5Gopen2(from, "/", H5P_DEFAULT)), Handle(H5Gopen2(to, "/", H5P_DEFAULT)), fate_of).run();
}

void compare_copy(hid_t from, hid_t to, const FateOf& fate_of) {
  compare_groups(Handle(H5Gopen2(from, "/", H5P_DEFAULT)), Handle(H5Gopen2(to, "/", H5P_DEFAULT)), "", fate_of);
}

}  // namespace atelier::runlog::hdf5
