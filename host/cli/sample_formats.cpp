#include "cli/sample_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/terminal_table.hpp"

namespace atelier::cli {

using catalog::FieldKind;
using inference::Samples;

namespace {

int64_t elements_in_all(const Samples& samples) {
  return samples.count() * samples.per_strip();
}

// Which sample an element of all is, or which of which strip.
std::vector<std::string> numbers_of(const Samples& samples, int64_t element) {
  if (!samples.are_strips) {
    return {fmt::format("{}", element)};
  }
  return {fmt::format("{}", element / samples.per_strip()), fmt::format("{}", element % samples.per_strip())};
}

std::vector<std::string> number_headings(const Samples& samples) {
  return samples.are_strips ? std::vector<std::string>{"strip", "element"} : std::vector<std::string>{"sample"};
}

// As the data call them, or numbered.
std::vector<std::string> names_of(const Samples& samples, int64_t count, const char* otherwise) {
  std::vector<std::string> names = samples.like.channel_names;
  for (int64_t i = std::ssize(names); i < count; ++i) {
    names.push_back(fmt::format("{}_{}", otherwise, i + 1));
  }
  return names;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string csv_of_signals(const Samples& samples) {
  const int64_t channels = samples.dims()[0], times = samples.dims()[1];
  std::vector<std::string> heading = number_headings(samples);
  heading.emplace_back("time");
  append(heading, names_of(samples, channels, "channel"));
  std::string text = terminal::csv_record(heading);
  const auto* values = samples.values.storage.as<const float>();
  for (int64_t element = 0; element < elements_in_all(samples); ++element, values += channels * times) {
    for (int64_t t = 0; t < times; ++t) {
      std::vector<std::string> record = numbers_of(samples, element);
      record.push_back(samples.like.rate > 0 ? fmt::format("{}", static_cast<double>(t) / samples.like.rate)
                                             : fmt::format("{}", t));
      for (int64_t c = 0; c < channels; ++c) {
        record.push_back(fmt::format("{}", values[c * times + t]));
      }
      text += terminal::csv_record(record);
    }
  }
  return text;
}

// Rows of a table are the rows of the file; other numbers are put into one, behind the sample's.
std::string csv_of_rows(const Samples& samples) {
  const bool table = samples.like.kind == FieldKind::table_row;
  const bool numbered = samples.are_strips || !table;
  const int64_t columns = samples.dims().elements();
  std::vector<std::string> heading = numbered ? number_headings(samples) : std::vector<std::string>();
  append(heading, names_of(samples, columns, table ? "column" : "value"));
  std::string text = terminal::csv_record(heading);
  for (int64_t element = 0; element < elements_in_all(samples); ++element) {
    std::vector<std::string> record = numbered ? numbers_of(samples, element) : std::vector<std::string>();
    for (int64_t i = element * columns; i < (element + 1) * columns; ++i) {
      record.push_back(samples.values.dtype == tensor::DType::i64
                           ? fmt::format("{}", samples.values.storage.as<const int64_t>()[i])
                           : fmt::format("{}", samples.values.storage.as<const float>()[i]));
    }
    text += terminal::csv_record(record);
  }
  return text;
}

void put(std::string& bytes, uint64_t value, int count) {  // little-endian
  for (int i = 0; i < count; ++i) {
    bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
  }
}

// The canonical 44 bytes in front of PCM data.
std::string wav_header(uint64_t channels, uint64_t rate, uint64_t data_bytes) {
  constexpr uint64_t header_bytes = 44, format_bytes = 16, pcm = 1, sample_bytes = 2;
  std::string out = "RIFF";
  put(out, header_bytes - 8 + data_bytes, 4);
  out += "WAVEfmt ";
  put(out, format_bytes, 4);
  put(out, pcm, 2);
  put(out, channels, 2);
  put(out, rate, 4);
  put(out, rate * channels * sample_bytes, 4);
  put(out, channels * sample_bytes, 2);
  put(out, 8 * sample_bytes, 2);
  out += "data";
  put(out, data_bytes, 4);
  return out;
}

// What silence is, and how far the loudest value is from it. The middle of the data's range is silent, wherever the
// experiment has scaled it to.
struct Loudness {
  double middle, reach;
};

Loudness loudness_of(const Samples& samples) {
  if (samples.like.high > samples.like.low) {
    return {(samples.like.low + samples.like.high) / 2, (samples.like.high - samples.like.low) / 2};
  }
  double largest = 0;
  for (const float value :
       std::span(samples.values.storage.as<const float>(), static_cast<size_t>(samples.values.shape.elements()))) {
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  return {0, largest > 0 ? largest : 1};
}

}  // namespace

std::string text_of(const Samples& samples) {
  const std::vector<std::string> texts = inference::texts_of(samples);
  if (texts.size() == 1) {
    return texts.front();
  }
  std::string out;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<std::string> numbers = numbers_of(samples, static_cast<int64_t>(i));
    out += numbers.size() == 1 ? fmt::format("--- sample {} ---\n", numbers[0])
                               : fmt::format("--- strip {}, element {} ---\n", numbers[0], numbers[1]);
    out += texts[i];
    out += texts[i].ends_with('\n') ? "" : "\n";
  }
  return out;
}

std::string csv_of(const Samples& samples) {
  return samples.like.kind == FieldKind::signal ? csv_of_signals(samples) : csv_of_rows(samples);
}

std::string wav_of(const Samples& samples) {
  const int64_t channels = samples.dims()[0], times = samples.dims()[1];
  const std::string& name = samples.like.name;
  constexpr double most_rate = 1e9;
  if (samples.like.rate < 1 || samples.like.rate > most_rate) {
    throw Error(ErrorKind::usage,
                "a .wav file needs to know how many values a second the signals have, and '{}' {}; hint: .csv or .png",
                name, samples.like.rate == 0 ? "does not say it" : fmt::format("has {}", samples.like.rate));
  }
  constexpr int64_t most_bytes = (int64_t{1} << 32) - 100, most_channels = 65535;
  const int64_t bytes = 2 * samples.values.shape.elements();
  if (bytes > most_bytes || channels > most_channels) {
    throw Error(ErrorKind::usage, "a .wav file has at most {} bytes and {} channels, and '{}' has {} and {}",
                most_bytes, most_channels, name, bytes, channels);
  }
  std::string out = wav_header(static_cast<uint64_t>(channels), static_cast<uint64_t>(std::lround(samples.like.rate)),
                               static_cast<uint64_t>(bytes));
  constexpr double full = 32767;
  const Loudness loudness = loudness_of(samples);
  const auto* values = samples.values.storage.as<const float>();
  for (int64_t element = 0; element < elements_in_all(samples); ++element, values += channels * times) {
    for (int64_t t = 0; t < times; ++t) {
      for (int64_t c = 0; c < channels; ++c) {
        const double value =
            std::clamp((static_cast<double>(values[c * times + t]) - loudness.middle) / loudness.reach, -1.0, 1.0);
        put(out, static_cast<uint64_t>(std::lround(value * full)), 2);
      }
    }
  }
  return out;
}

}  // namespace atelier::cli
