#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "cli/sample_formats.hpp"

using namespace atelier;
using catalog::FieldKind;
using catalog::FieldSpec;
using inference::Samples;

namespace {

template <typename T>
Samples samples_of(FieldSpec like, const tensor::Shape& shape, const std::vector<T>& values, bool strips = false) {
  Samples out{std::move(like),
              tensor::Tensor(shape, std::is_same_v<T, int64_t> ? tensor::DType::i64 : tensor::DType::f32), strips};
  REQUIRE(out.values.shape.elements() == std::ssize(values));
  std::ranges::copy(values, out.values.storage.as<T>());
  return out;
}

Samples texts(const tensor::Shape& shape, const std::vector<int64_t>& tokens, bool strips = false) {
  const FieldSpec text{"text", tensor::DType::i64, {3}, 3, 0, 0, {"a", "\n", "ß"}, FieldKind::tokens};
  return samples_of(text, shape, tokens, strips);
}

FieldSpec sound(int64_t channels, double rate) {
  FieldSpec spec{"sound", tensor::DType::f32, {channels, 2}, 0, -0.5, 0.5, {}, FieldKind::signal};
  spec.rate = rate;
  return spec;
}

FieldSpec person() {
  FieldSpec spec{"person", tensor::DType::f32, {2}, 0, 0, 200, {}, FieldKind::table_row};
  spec.channel_names = {"height", "size, of \"shoes\""};
  return spec;
}

std::string refusal(const Samples& samples) {
  try {
    (void)cli::wav_of(samples);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

// Little-endian, of `count` bytes.
uint64_t number(const std::string& bytes, size_t at, size_t count) {
  uint64_t out = 0;
  for (size_t i = count; i-- > 0;) {
    out = out << 8 | static_cast<uint8_t>(bytes.at(at + i));
  }
  return out;
}

std::vector<int> pcm_of(const std::string& wav) {
  constexpr size_t header = 44;
  std::vector<int> out;
  for (size_t at = header; at < wav.size(); at += 2) {
    out.push_back(static_cast<int16_t>(number(wav, at, 2)));
  }
  return out;
}

}  // namespace

TEST_CASE("sample formats: one text is as it is, several are told apart") {
  CHECK(cli::text_of(texts({1, 3}, {0, 1, 2})) == "a\nß");
  CHECK(cli::text_of(texts({2, 3}, {0, 0, 2, 2, 0, 1})) == "--- sample 0 ---\naaß\n--- sample 1 ---\nßa\n");
  CHECK(cli::text_of(texts({1, 2, 3}, {0, 0, 2, 2, 0, 1}, true)) ==
        "--- strip 0, element 0 ---\naaß\n--- strip 0, element 1 ---\nßa\n");
}

TEST_CASE("sample formats: tokens without texts are bytes, or numbers") {
  const FieldSpec bytes{"text", tensor::DType::i64, {2}, 256, 0, 0, {}, FieldKind::tokens};
  CHECK(cli::text_of(samples_of<int64_t>(bytes, {1, 3}, {0x41, 0, 0xFF})) == std::string("A\0\xFF", 3));
  const FieldSpec numbers{"text", tensor::DType::i64, {2}, 1000, 0, 0, {}, FieldKind::tokens};
  CHECK(cli::text_of(samples_of<int64_t>(numbers, {1, 3}, {7, 0, 999})) == "7 0 999");
}

TEST_CASE("sample formats: a signal's CSV has a row for each moment and a column for each channel") {
  const std::vector<float> values{0.25F, 1e-9F, -0.5F, 0.1F, 1, 2, 3, 4};  // two signals, (channel, time) each
  CHECK(cli::csv_of(samples_of(sound(2, 4), {2, 2, 2}, values)) ==
        "sample,time,channel_1,channel_2\n"
        "0,0,0.25,-0.5\n0,0.25,1e-09,0.1\n"
        "1,0,1,3\n1,0.25,2,4\n");
  FieldSpec named = sound(2, 0);  // of which nobody knows how long a moment is
  named.channel_names = {"left", "right"};
  CHECK(cli::csv_of(samples_of(named, {1, 2, 2, 2}, values, true)) ==
        "strip,element,time,left,right\n"
        "0,0,0,0.25,-0.5\n0,0,1,1e-09,0.1\n"
        "0,1,0,1,3\n0,1,1,2,4\n");
}

TEST_CASE("sample formats: a table's CSV has its rows, other numbers are told apart") {
  CHECK(cli::csv_of(samples_of<float>(person(), {2, 2}, {180.5F, 43, 160, 38})) ==
        "height,\"size, of \"\"shoes\"\"\"\n180.5,43\n160,38\n");
  CHECK(cli::csv_of(samples_of<float>(person(), {1, 2, 2}, {180.5F, 43, 160, 38}, true)) ==
        "strip,element,height,\"size, of \"\"shoes\"\"\"\n0,0,180.5,43\n0,1,160,38\n");
  FieldSpec nameless = person();
  nameless.channel_names.clear();
  CHECK(cli::csv_of(samples_of<float>(nameless, {1, 2}, {1, 2})) == "column_1,column_2\n1,2\n");
  const FieldSpec grid{"grid", tensor::DType::f32, {2, 2}};
  CHECK(cli::csv_of(samples_of<float>(grid, {2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})) ==
        "sample,value_1,value_2,value_3,value_4\n0,1,2,3,4\n1,5,6,7,8\n");
  const FieldSpec counts{"counts", tensor::DType::i64, {2}};
  CHECK(cli::csv_of(samples_of<int64_t>(counts, {1, 2}, {int64_t{1} << 60, -3})) ==
        "sample,value_1,value_2\n0,1152921504606846976,-3\n");
}

TEST_CASE("sample formats: a signal's WAV has the rate, the channels beside each other, and one signal after another") {
  const std::string wav =
      cli::wav_of(samples_of<float>(sound(2, 8000), {2, 2, 2}, {0, 0.5F, -0.5F, 0.25F, 9, -9, 0, 0}));
  CHECK(wav.substr(0, 4) == "RIFF");
  CHECK(number(wav, 4, 4) == wav.size() - 8);
  CHECK(wav.substr(8, 8) == "WAVEfmt ");
  CHECK(number(wav, 16, 4) == 16);
  CHECK(number(wav, 20, 2) == 1);  // PCM
  CHECK(number(wav, 22, 2) == 2);
  CHECK(number(wav, 24, 4) == 8000);
  CHECK(number(wav, 28, 4) == 8000 * 2 * 2);
  CHECK(number(wav, 32, 2) == 4);
  CHECK(number(wav, 34, 2) == 16);
  CHECK(wav.substr(36, 4) == "data");
  CHECK(number(wav, 40, 4) == wav.size() - 44);
  CHECK(pcm_of(wav) == std::vector<int>{0, -32767, 32767, 16384, 32767, 0, -32767, 0});
}

TEST_CASE("sample formats: the middle of a signal's range is silent, and without a range the loudest is full") {
  FieldSpec scaled = sound(1, 8000);
  scaled.low = 0;
  scaled.high = 1;
  CHECK(pcm_of(cli::wav_of(samples_of<float>(scaled, {1, 1, 3}, {0.5F, 1, 0}))) == std::vector<int>{0, 32767, -32767});
  FieldSpec unknown = sound(1, 8000);
  unknown.low = unknown.high = 0;
  CHECK(pcm_of(cli::wav_of(samples_of<float>(unknown, {1, 1, 3}, {0, -4, 2}))) == std::vector<int>{0, -32767, 16384});
  CHECK(pcm_of(cli::wav_of(samples_of<float>(unknown, {1, 1, 2}, {0, 0}))) == std::vector<int>{0, 0});
}

TEST_CASE("sample formats: what a WAV cannot hold is refused") {
  CHECK(
      refusal(samples_of<float>(sound(1, 0), {1, 1, 2}, {0, 0})) ==
      "a .wav file needs to know how many values a second the signals have, and 'sound' does not say it; hint: .csv or "
      ".png");
  CHECK(refusal(samples_of<float>(sound(1, 0.5), {1, 1, 2}, {0, 0})).find("and 'sound' has 0.5; hint") !=
        std::string::npos);
  CHECK(refusal(samples_of(sound(70'000, 8), {1, 70'000, 1}, std::vector<float>(70'000))) ==
        "a .wav file has at most 4294967196 bytes and 65535 channels, and 'sound' has 140000 and 70000");
}
