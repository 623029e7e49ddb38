#include <doctest/doctest.h>
#include <fmt/core.h>

#include <bit>
#include <cmath>
#include <limits>
#include <sstream>

#include "../plugins/folder.hpp"
#include "base/error.hpp"
#include "tensor/safetensors.hpp"

using namespace atelier;
using namespace atelier::tensor;
using atelier::testing::Folder;

namespace {

template <typename T>
Tensor tensor_of(const Shape& shape, DType dtype, const std::vector<T>& values) {
  Tensor out(shape, dtype);
  std::ranges::copy(values, out.storage.as<T>());
  return out;
}

template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  return {tensor.storage.as<const T>(), tensor.storage.as<const T>() + tensor.shape.elements()};
}

template <typename T>
std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

std::string file_of(const std::string& header, const std::string& data) {
  return bytes_of<uint64_t>({header.size()}) + header + data;
}

std::string written(const std::map<std::string, std::string>& metadata, const std::map<std::string, Tensor>& tensors) {
  std::ostringstream out;
  write_safetensors(out, metadata, tensors);
  return out.str();
}

class Given {
 public:
  explicit Given(const std::string& bytes) { testing::write(path(), bytes); }
  [[nodiscard]] std::string path() const { return folder_.file("a.safetensors"); }
  [[nodiscard]] SafetensorsFile open() const { return SafetensorsFile(path()); }
  // Without the path.
  [[nodiscard]] std::string refusal() const {
    try {
      SafetensorsFile{path()};
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::file);
      return std::string(error.what()).substr(path().size() + 2);
    }
    return "none";
  }

 private:
  Folder folder_;
};

std::string refusal_of(const std::string& header, const std::string& data = "") {
  return Given(file_of(header, data)).refusal();
}

}  // namespace

TEST_CASE("what is written is read again: names, shapes, every bit, and the text") {
  std::map<std::string, Tensor> tensors;
  const std::vector<float> odd{-0.0F, std::numeric_limits<float>::denorm_min(), INFINITY, 1.5F, -2, 3};
  tensors["a.weight"] = tensor_of<float>({2, 3}, DType::f32, odd);
  tensors["scalar"] = tensor_of<int64_t>({}, DType::i64, {-7'000'000'000});
  tensors["none"] = Tensor({0, 4}, DType::f32);
  tensors["double \"é\""] = tensor_of<double>({1}, DType::f64, {0.1});
  const std::map<std::string, std::string> text{{"experiment", "a = \"b\"\n"}, {"step", "3"}};
  const Given given(written(text, tensors));
  const SafetensorsFile file = given.open();
  CHECK(file.metadata() == text);
  CHECK(file.tensors().size() == 4);
  const Tensor weight = file.read(*file.find("a.weight"), DType::f32);
  CHECK(weight.shape == Shape({2, 3}));
  for (size_t i = 0; i < odd.size(); ++i) {
    CHECK(std::bit_cast<uint32_t>(values_of<float>(weight)[i]) == std::bit_cast<uint32_t>(odd[i]));
  }
  CHECK(values_of<int64_t>(file.read(*file.find("scalar"), DType::i64)) == std::vector<int64_t>{-7'000'000'000});
  CHECK(values_of<double>(file.read(*file.find("double \"é\""), DType::f64)) == std::vector<double>{0.1});
  CHECK(file.read(*file.find("none"), DType::f32).shape == Shape({0, 4}));
  CHECK(file.find("other") == nullptr);
}

TEST_CASE("the header ends at a multiple of eight bytes, and each tensor lies at a multiple of its elements' size") {
  std::map<std::string, Tensor> tensors;
  tensors["a"] = tensor_of<float>({1}, DType::f32, {1});
  tensors["b"] = tensor_of<int64_t>({1}, DType::i64, {2});
  const std::string bytes = written({}, tensors);
  const std::string header = R"({"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
                             R"("a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  CHECK(bytes == file_of(padded, bytes_of<int64_t>({2}) + bytes_of<float>({1})));
}

TEST_CASE("halves and doubles are taken as float32, integers of each size as int64") {
  const Given given(file_of(
      R"({"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]},)"
      R"("d":{"dtype":"F64","shape":[1],"data_offsets":[14,22]},"i":{"dtype":"I32","shape":[1],"data_offsets":[22,26]},)"
      R"("u":{"dtype":"U8","shape":[1],"data_offsets":[26,27]},"s":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[27,28]}})",
      bytes_of<uint16_t>({0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00}) + bytes_of<uint16_t>({0x3f80, 0xc040}) +
          bytes_of<double>({0.1}) + bytes_of<int32_t>({-5}) + "\xff" + "0"));
  const SafetensorsFile file = given.open();
  const std::vector<float> halves = values_of<float>(file.read(*file.find("h"), DType::f32));
  CHECK(halves[0] == 1.0F);
  CHECK(halves[1] == -2.0F);
  CHECK(halves[2] == std::ldexp(1.0F, -24));
  CHECK(halves[3] == INFINITY);
  CHECK(std::isnan(halves[4]));
  CHECK(values_of<float>(file.read(*file.find("b"), DType::f32)) == std::vector<float>{1, -3});
  CHECK(values_of<float>(file.read(*file.find("d"), DType::f32)) == std::vector<float>{0.1F});
  CHECK(values_of<int64_t>(file.read(*file.find("i"), DType::i64)) == std::vector<int64_t>{-5});
  CHECK(values_of<int64_t>(file.read(*file.find("u"), DType::i64)) == std::vector<int64_t>{255});
  const auto refused = [&](const char* name, DType as) {
    try {
      static_cast<void>(file.read(*file.find(name), as));
    } catch (const Error& error) {
      return std::string(error.what()).substr(given.path().size() + 2);
    }
    return std::string("none");
  };
  CHECK(refused("i", DType::f32) == "'i' is of the type I32, expected F64, F32, F16 or BF16");
  CHECK(refused("h", DType::i64) == "'h' is of the type F16, expected I64, I32, I16 or U8");
  CHECK(refused("s", DType::f32) == "'s' is of the type F8_E4M3, expected F64, F32, F16 or BF16");
}

TEST_CASE("no memory is asked for where the type is not known, whatever the shape says") {
  const Given given(file_of(R"({"a":{"dtype":"F3","shape":[42949672966],"data_offsets":[0,0]}})", ""));
  const SafetensorsFile file = given.open();
  for (const DType as : {DType::f32, DType::f64, DType::i64}) {
    CHECK_THROWS_WITH_AS(static_cast<void>(file.read(*file.find("a"), as)),
                         doctest::Contains("'a' is of the type F3, expected "), Error);
  }
}

TEST_CASE("a file that is broken is refused, whichever tensor is asked for") {
  CHECK(Given("").refusal() == "cannot be read as a safetensors file");
  CHECK(Given(bytes_of<uint64_t>({99})).refusal() == "is no safetensors file, or cut short: a header of 99 bytes in 8");
  CHECK(refusal_of("[1]") == "is no safetensors file: its header is no JSON object");
  CHECK(refusal_of(R"({"a":3})") == "has no whole description of 'a'");
  CHECK(refusal_of(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})") == "has no whole description of 'a'");
  CHECK(refusal_of(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})") == "has no whole description of 'a'");
  CHECK(refusal_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})") ==
        "'a' has the shape (4294967296, 4294967296), which no file can hold");
  CHECK(refusal_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234") ==
        "'a' lies at bytes 0 to 4, expected 8 bytes of the type F32 and the shape (2)");
  const std::string two = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                          R"("b":{"dtype":"F32","shape":[1],"data_offsets":[)";
  CHECK(refusal_of(two + "2,6]}}", "123456") ==
        "'b' lies at bytes 2 to 6, expected it to begin at 4, where the one before it ends");
  CHECK(refusal_of(two + "4,8]}}", "1234567") == "is cut short: its tensors have 8 bytes, and 7 are there");
  CHECK(refusal_of(two + "4,8]}}", "123456789") == "is no safetensors file: its tensors have 8 bytes, and 9 are there");
  CHECK(refusal_of(R"({"__metadata__":{"a":1}})") == "'__metadata__' has 'a', which is no text");
  CHECK(refusal_of(two + "4,8]}}", "12345678") == "none");
}

TEST_CASE("a name that is there twice is refused") {
  const std::string one = R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  CHECK(refusal_of("{" + one + "}") == "none");
  CHECK(refusal_of("{" + one + "," + one + "}") == "has 'a' twice");
  CHECK(refusal_of(R"({"__metadata__":{},"__metadata__":{}})") == "has '__metadata__' twice");
  CHECK(refusal_of(R"({"__metadata__":{"a":"1","a":"2"}})") == "'__metadata__' has 'a' twice");
  CHECK(refusal_of(R"({"a":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}})") == "'a' has 'shape' twice");
}

TEST_CASE("a header that is nested, or has more of something than there can be, is refused where that begins") {
  const std::string deep(60'000'000, '[');
  CHECK(refusal_of(deep) == "is no safetensors file: its header is no JSON object");
  CHECK(refusal_of(R"({"a":)" + deep) == "has no whole description of 'a'");
  const std::string nested = "which is nested deeper than anything in a tensor's description";
  CHECK(refusal_of(R"({"a":{"shape":)" + deep) == "'a' has 'shape', " + nested);
  CHECK(refusal_of(R"({"a":{"more":[{)") == "'a' has 'more', " + nested);
  CHECK(refusal_of(R"({"a":{"more":{"b":{)") == "'a' has 'more', " + nested);
  CHECK(refusal_of(R"({"__metadata__":{"a":)" + deep) == "'__metadata__' has 'a', which is no text");
  std::string axes = "1";
  for (int i = 0; i < 64; ++i) {
    axes += ",1";
  }
  CHECK(refusal_of(R"({"a":{"shape":[)" + axes + "]") == "'a' has more than 64 numbers in its 'shape'");
  std::string texts = R"({"__metadata__":{"a":"")";
  for (int i = 0; i < 100'000; ++i) {
    texts += fmt::format(R"(,"{}":"")", i);
  }
  CHECK(refusal_of(texts + "}}") == "'__metadata__' has more than 100000 texts");
}

TEST_CASE("what a description has beside its own values is passed over") {
  const std::string more = R"("note":"x","flags":[true,null,-1,1.5,"y",7],"scale":1e3,)";
  CHECK(refusal_of("{\"a\":{" + more + R"("dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "x") == "none");
  CHECK(refusal_of(R"({"a":{"dtype":["U8"],"shape":[1],"data_offsets":[0,1]}})", "x") ==
        "has no whole description of 'a'");
  CHECK(refusal_of(R"({"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}})", "x") == "has no whole description of 'a'");
  CHECK(refusal_of(R"({"__metadata__":3})") == "'__metadata__' is no JSON object");
  CHECK(refusal_of(R"({"a")") == "is no safetensors file: its header is no JSON object");
  CHECK(refusal_of("{}{}") == "is no safetensors file: its header is no JSON object");
}

TEST_CASE("one tensor of a known shape: another shape and an unknown name are named") {
  const Given given(written({}, [] {
    std::map<std::string, Tensor> tensors;
    tensors["first"] = tensor_of<float>({2}, DType::f32, {1, 2});
    return tensors;
  }()));
  CHECK(read_safetensors(given.path(), "first", {2}) == std::vector<float>{1, 2});
  CHECK_THROWS_WITH_AS(read_safetensors(given.path(), "first", {2, 1}),
                       (given.path() + ": 'first' has the shape (2), expected (2, 1)").c_str(), Error);
  CHECK_THROWS_WITH_AS(read_safetensors(given.path(), "fist", {2}),
                       (given.path() + ": has no tensor 'fist'; did you mean 'first'?").c_str(), Error);
}

TEST_CASE("no tensor takes the name of the text") {
  std::map<std::string, Tensor> tensors;
  tensors["__metadata__"] = Tensor({1}, DType::f32);
  std::ostringstream out;
  CHECK_THROWS_AS(write_safetensors(out, {}, tensors), Error);
}
