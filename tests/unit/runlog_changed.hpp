// A log that somebody has changed by hand, for the tests that find it out.
#pragma once

#include <doctest/doctest.h>
#include <hdf5.h>

#include <filesystem>
#include <string>
#include <vector>

// So that a failure shows them.
namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
      all += text + "\n";
    }
    return all.c_str();
  }
};
}  // namespace doctest

namespace atelier::runlog::example {

// One element more than it was; of text, another text.
inline void change_element(hid_t file, const char* name, hsize_t element) {
  const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  REQUIRE(dataset >= 0);
  const hid_t type = H5Dget_type(dataset);
  if (H5Tis_variable_str(type) > 0) {
    const hid_t memory = H5Tcopy(H5T_C_S1);
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5T_CSET_UTF8);
    const char* text = "another";
    REQUIRE(H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) >= 0);
    H5Tclose(memory);
  } else {
    const hid_t space = H5Dget_space(dataset);
    std::vector<double> values(static_cast<size_t>(H5Sget_simple_extent_npoints(space)));
    REQUIRE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    double& value = values.at(element);
    value = value > 100 ? value - 1 : value + 1;
    REQUIRE(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    H5Sclose(space);
  }
  H5Tclose(type);
  H5Dclose(dataset);
}

inline void change_element(const std::filesystem::path& log, const char* name, hsize_t element) {
  const hid_t file = H5Fopen(log.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change_element(file, name, element);
  REQUIRE(H5Fclose(file) >= 0);
}

}  // namespace atelier::runlog::example
