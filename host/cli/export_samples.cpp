#include "cli/export_samples.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/output_file.hpp"
#include "cli/sample_formats.hpp"
#include "inference/samples.hpp"
#include "pictures/grid.hpp"
#include "pictures/png.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using catalog::FieldKind;

struct ExportedRow {
  const runlog::Reader& log;
  const runlog::SampleSeries& series;
  int64_t number = 0;
  fs::path place;  // without an ending
};

int64_t digits_of(int64_t number) {
  return std::ssize(fmt::format("{}", number));
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorKind::file, "{}: the folder cannot be made: {}", folder.string(), error.message());
  }
}

void write_images(const ExportedRow& row) {
  const runlog::Images images = row.log.samples(row.series.name, row.number);
  make_folder(row.place);
  const auto size = static_cast<std::ptrdiff_t>(images.height * images.width * images.channels * images.frames);
  const int64_t digits = digits_of(images.count - 1);
  for (int64_t i = 0; i < images.count; ++i) {
    const auto first = images.pixels.begin() + i * size;
    const pictures::ImageStack one = pictures::channels_as_pictures(
        {images.frames, images.height, images.width, images.channels, {first, first + size}});
    pictures::write_png(row.place / fmt::format("{:0{}}.png", i, digits),
                        images.frames > 1 ? pictures::grid(one, images.frames) : one);
  }
}

// With the range, the names and the rate of the field that they are like.
inference::Samples samples_of(const ExportedRow& row) {
  inference::Samples out;
  if (const catalog::FieldSpec* const like = row.log.description().data.find(row.series.field)) {
    out.like = *like;
  }
  out.like.name = row.series.field;
  out.like.kind = row.series.kind;
  out.values = row.log.sample_values(row.series.name, row.number);
  return out;
}

void check_tokens(const ExportedRow& row, const inference::Samples& tokens) {
  const auto* const first = tokens.values.storage.as<const int64_t>();
  const auto count = std::ssize(tokens.like.class_names);
  if (count > 0 && std::any_of(first, first + tokens.values.shape.elements(),
                               [&](int64_t token) { return token < 0 || token >= count; })) {
    throw Error(ErrorKind::file, "{}: '{}' has tokens that the data do not have, expected 0 to {}",
                row.log.path().string(), row.series.name, count - 1);
  }
}

fs::path with_ending(fs::path place, const char* ending) {
  place += ending;
  return place;
}

void write_row(const ExportedRow& row) {
  switch (row.series.kind) {
    case FieldKind::image:
    case FieldKind::image_sequence:
      return write_images(row);
    case FieldKind::tokens: {
      const inference::Samples tokens = samples_of(row);
      check_tokens(row, tokens);
      return write_file(with_ending(row.place, ".txt"), text_of(tokens));
    }
    case FieldKind::signal: {
      const inference::Samples signals = samples_of(row);
      if (signals.like.rate >= 1) {
        write_file(with_ending(row.place, ".wav"), wav_of(signals));
      }
      return write_file(with_ending(row.place, ".csv"), csv_of(signals));
    }
    case FieldKind::table_row:
    case FieldKind::numbers:
      return write_file(with_ending(row.place, ".csv"), csv_of(samples_of(row)));
  }
}

// Of a log that somebody else made, the name might lead elsewhere.
fs::path folder_of(const runlog::Reader& log, const runlog::SampleSeries& series, const fs::path& folder) {
  if (series.name == "..") {
    throw Error(ErrorKind::file, "{}: has samples called '..', which is no name of a folder", log.path().string());
  }
  return folder / series.name;
}

[[noreturn]] void fail_without(const runlog::Reader& log, std::optional<int64_t> step,
                               const std::vector<int64_t>& steps) {
  const std::string path = log.path().string();
  if (log.description().samples.empty()) {
    throw Error(ErrorKind::file, "{}: has no samples: its model makes none", path);
  }
  if (!step || steps.empty()) {
    throw Error(ErrorKind::file, "{}: has no samples yet; hint: 'atelier sample' makes some", path);
  }
  std::vector<std::string> known;
  for (const int64_t one : steps) {
    known.push_back(fmt::format("{}", one));
  }
  constexpr size_t most_listed = 12;
  throw Error(ErrorKind::usage, "--step: {} has no samples of step {}, expected {}", path, *step,
              known.size() <= most_listed
                  ? one_of(known)
                  : fmt::format("one of its {} steps, {} to {}", known.size(), known.front(), known.back()));
}

}  // namespace

std::string export_samples(const runlog::Reader& log, const fs::path& folder, std::optional<int64_t> step) {
  std::vector<std::string> written;
  std::vector<int64_t> all;
  for (const runlog::SampleSeries& series : log.description().samples) {
    const fs::path place = folder_of(log, series, folder);
    const std::vector<int64_t> steps = log.sample_steps(series.name);
    all.insert(all.end(), steps.begin(), steps.end());
    int64_t rows = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      if (step && steps[i] != *step) {
        continue;
      }
      make_folder(place);
      write_row({log, series, static_cast<int64_t>(i), place / fmt::format("step-{:08}", steps[i])});
      ++rows;
    }
    if (rows > 0) {
      written.push_back(fmt::format("{} of '{}' at {} step{}", series.count, series.name, rows, rows == 1 ? "" : "s"));
    }
  }
  if (written.empty()) {
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    fail_without(log, step, all);
  }
  return fmt::format("{}", fmt::join(written, ", "));
}

}  // namespace atelier::cli
