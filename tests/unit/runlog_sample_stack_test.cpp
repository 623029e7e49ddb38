#include <doctest/doctest.h>

#include <algorithm>

#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog_example.hpp"

using namespace atelier;
using namespace atelier::runlog;

namespace {

// A preview as whoever opens the file sees it.
struct Picture {
  int64_t height, width, channels;
  std::vector<uint8_t> pixels;

  Picture(const std::filesystem::path& log, const std::string& samples) {
    hdf5::prepare();
    const OpenLogFile opened = open_log(log, Access::read);
    const hdf5::Handle preview = hdf5::open_dataset(opened.file, "samples/" + samples + "/preview");
    const std::vector<int64_t> shape = hdf5::shape_of(preview, hdf5::Type::u8, 2, 3);
    height = shape[0];
    width = shape[1];
    channels = shape.size() == 3 ? shape[2] : 1;
    pixels.resize(static_cast<size_t>(height * width * channels));
    hdf5::read_all(preview, std::span(pixels));
  }
  [[nodiscard]] int at(int64_t y, int64_t x, int64_t c = 0) const {
    return pixels.at(static_cast<size_t>((y * width + x) * channels + c));
  }
  [[nodiscard]] int64_t lit() const {
    return std::ranges::count_if(pixels, [](uint8_t p) { return p > 0; });
  }
};

// Pixels that are all of one brightness in one image, frame and channel: 10 x image + 3 x frame + channel + 1.
std::vector<uint8_t> flat(int64_t count, int64_t frames, int64_t pixels, int64_t channels) {
  std::vector<uint8_t> out;
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t t = 0; t < frames; ++t) {
      for (int64_t i = 0; i < pixels * channels; ++i) {
        out.push_back(static_cast<uint8_t>(10 * n + 3 * t + i % channels + 1));
      }
    }
  }
  return out;
}

std::filesystem::path log_of(const example::Folder& folder, const SampleSeries& series,
                             const std::vector<uint8_t>& pixels) {
  RunDescription run;
  run.samples = {series};
  Writer log = Writer::create(folder / "log.h5", run);
  log.append_samples(series.name, 1, pixels);
  log.close();
  return folder / "log.h5";
}

std::string message_of_opening(const std::filesystem::path& path) {
  return example::message_of([&] { (void)Reader(path); });
}

// What a log says that has another text in an attribute.
std::string opening_with(const char* object, const char* attribute, const std::string& value) {
  const example::Folder folder;
  Writer::create(folder / "log.h5", example::description()).close();
  {
    hdf5::prepare();
    OpenLogFile opened = open_log(folder / "log.h5", Access::write);
    hdf5::write_attribute(hdf5::open_group(opened.file, object), attribute, value);
    opened.file.close();
    opened.storage->commit();
    opened.storage->close();
  }
  const std::string message = message_of_opening(folder / "log.h5"),
                    start = (folder / "log.h5").string() + ": cannot be read: ";
  REQUIRE(message.starts_with(start));
  return message.substr(start.size());
}

std::string refused(const SampleSeries& series) {
  const example::Folder folder;
  RunDescription run;
  run.samples = {series};
  return example::message_of([&] { Writer::create(folder / "log.h5", run).close(); });
}

std::string refused(const catalog::FieldSpec& field) {
  const example::Folder folder;
  RunDescription run;
  run.data = {{field}, 1, 1, {}};
  return example::message_of([&] { Writer::create(folder / "log.h5", run).close(); });
}

}  // namespace

TEST_CASE("a preview of images is a grid as square as can be, black between them") {
  const example::Folder folder;
  const Picture grey(log_of(folder, {"a", 5, {1, 4, 3}}, flat(5, 1, 12, 1)), "a");  // three columns, two rows
  CHECK(grey.width == 3 * (3 + 2) + 2);
  CHECK(grey.height == 2 * (4 + 2) + 2);
  CHECK(grey.lit() == 5 * 12);
  CHECK(grey.at(2, 2) == 1);
  CHECK(grey.at(2, 2 + 3) == 0);
  CHECK(grey.at(2, 2 + 5) == 11);
  CHECK(grey.at(2 + 6, 2) == 31);
  CHECK(grey.at(2 + 6, 2 + 10) == 0);  // there are no more

  const example::Folder other;
  const Picture colour(log_of(other, {"a", 2, {3, 2, 2}}, flat(2, 1, 4, 3)), "a");
  CHECK(colour.channels == 3);
  CHECK(colour.width == 2 * (2 + 2) + 2);
  for (int64_t c = 0; c < 3; ++c) {
    CHECK(colour.at(3, 3, c) == 1 + c);
    CHECK(colour.at(3, 7, c) == 11 + c);
    CHECK(colour.at(0, 3, c) == 0);
  }
}

TEST_CASE("a preview of images of other channels has a row of grey pictures for each, one a channel") {
  const example::Folder folder;
  const Picture bands(log_of(folder, {"a", 3, {4, 2, 3}}, flat(3, 1, 6, 4)), "a");
  CHECK(bands.channels == 1);
  CHECK(bands.width == 4 * (3 + 2) + 2);
  CHECK(bands.height == 3 * (2 + 2) + 2);
  for (int64_t n = 0; n < 3; ++n) {
    for (int64_t c = 0; c < 4; ++c) {
      CHECK(bands.at(2 + 4 * n, 2 + 5 * c) == 10 * n + c + 1);
      CHECK(bands.at(3 + 4 * n, 4 + 5 * c) == 10 * n + c + 1);
    }
  }
}

TEST_CASE("a preview of a sequence has a row of its frames for each") {
  const example::Folder folder;
  const catalog::FieldKind sequence = catalog::FieldKind::image_sequence;
  const Picture films(log_of(folder, {"a", 2, {3, 1, 2, 4}, sequence}, flat(2, 3, 8, 1)), "a");
  CHECK(films.width == 3 * (4 + 2) + 2);
  CHECK(films.height == 2 * (2 + 2) + 2);
  for (int64_t n = 0; n < 2; ++n) {
    for (int64_t t = 0; t < 3; ++t) {
      CHECK(films.at(2 + 4 * n, 2 + 6 * t) == 10 * n + 3 * t + 1);
    }
  }
  const example::Folder other;  // two channels: each frame is two grey pictures
  const Picture twofold(log_of(other, {"a", 1, {2, 2, 2, 2}, sequence}, flat(1, 2, 4, 2)), "a");
  CHECK(twofold.width == 4 * (2 + 2) + 2);
  CHECK(std::vector<int>{twofold.at(2, 2), twofold.at(2, 6), twofold.at(2, 10), twofold.at(2, 14)} ==
        std::vector<int>{1, 2, 4, 5});
}

TEST_CASE("a preview is of the newest that is left when a log goes on, and black where none is") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  RunDescription run = example::description();
  Writer log = Writer::create(path, run);
  example::write_steps(log, 0, 300);
  log.close();
  const auto first = [&] { return Picture(path, "grey").at(2, 2); };
  CHECK(first() == example::pixels(300, 1)[0]);
  Writer::reopen(path, 250).close();
  CHECK(first() == example::pixels(200, 1)[0]);
  Writer::reopen(path, 50).close();
  CHECK(Picture(path, "grey").lit() == 0);
}

TEST_CASE("texts are cut with their tokens, and written anew") {
  const example::Folder folder;
  const std::filesystem::path path = folder / "log.h5";
  Writer log = Writer::create(path, example::description());
  example::write_steps(log, 0, 300);
  log.close();
  Writer again = Writer::reopen(path, 150);
  again.append_samples("verses", 160, std::vector<int64_t>(12, 1), {"other", "words", ""});
  again.close();
  const Reader reader(path);
  CHECK(reader.sample_steps("verses") == std::vector<int64_t>{100, 160});
  CHECK(reader.sample_texts("verses", 0) == example::texts(100));
  CHECK(reader.sample_texts("verses", 1) == std::vector<std::string>{"other", "words", ""});
  CHECK(example::message_of([&] { (void)reader.sample_texts("verses", 2); }) ==
        path.string() + ": verses: got row 2, expected 0 to 1");
}

TEST_CASE("kinds and types that this program does not know are named") {
  CHECK(opening_with("samples/chords", "kind", "smell") ==
        "the samples 'chords' are of the kind 'smell', which this program does not know");
  CHECK(opening_with("data/sound", "kind", "smell") ==
        "the field 'sound' of /data is of the kind 'smell', which this program does not know");
  CHECK(opening_with("data/sound", "type", "float16") ==
        "the field 'sound' of /data has the type 'float16', expected uint8, float32 or int64");
}

TEST_CASE("samples whose shape is not their kind's are refused before a log is made") {
  using enum catalog::FieldKind;
  CHECK(refused(SampleSeries{"a", 0, {1, 2, 2}}) == "samples of a: got 0 of them, expected at least one");
  CHECK(refused(SampleSeries{"a", 1, {4}, signal}).starts_with("samples of a: "));
  CHECK(refused(SampleSeries{"a", 1, {4, 2}, tokens}).starts_with("samples of a: "));
  CHECK(refused(SampleSeries{"a", 1, {2, 2}, table_row}).starts_with("samples of a: "));
  CHECK(refused(SampleSeries{"a", 1, {1, 2, 2}, image_sequence}).starts_with("samples of a: "));
  CHECK(refused(SampleSeries{"a", 1, {2, 2}, numbers}) == "no error");
}

TEST_CASE("data that cannot be what they say are refused before a log is made") {
  catalog::FieldSpec sound{"sound", tensor::DType::f32, {2, 5}, 0, -1, 1, {}, catalog::FieldKind::signal};
  CHECK(refused(sound) == "no error");
  sound.channel_names = {"left"};
  CHECK(refused(sound).starts_with("data: "));
  catalog::FieldSpec text{"te/xt", tensor::DType::i64, {5}, 2, 0, 0, {"a", "b"}, catalog::FieldKind::tokens};
  CHECK(refused(text) == "data: the field 'te/xt' has a '/' in its name, expected letters, digits, '_' and '-'");
}
