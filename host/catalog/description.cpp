#include "catalog/description.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"

namespace atelier::catalog {
namespace {

std::string literal(bool value) {
  return value ? "true" : "false";
}

std::string literal(int64_t value) {
  return fmt::format("{}", value);
}

// The shortest digits that read back as the same number, always with a mark that it is not an integer.
std::string literal(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) {
    text += ".0";
  }
  return text;
}

// A basic string; control characters are the only ones that TOML forbids in one.
std::string literal(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      text += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      text += c;
    }
  }
  return text + '"';
}

template <typename T>
std::string literal(const std::vector<T>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) {
    text += (i == 0 ? "" : ", ") + literal(values[i]);
  }
  return text + "]";
}

}  // namespace

std::string name_of(Kind kind) {
  switch (kind) {
    case Kind::model:
      return "model";
    case Kind::loss:
      return "loss";
    case Kind::optimizer:
      return "optimizer";
    case Kind::dataset:
      return "dataset";
    case Kind::metric:
      return "metric";
    case Kind::operation:
      return "operation";
    case Kind::unknown:
      return "unknown kind";
  }
  throw Error(ErrorKind::internal, "a component kind with the unknown number {}", static_cast<int>(kind));
}

std::string name_of(SettingType type) {
  switch (type) {
    case SettingType::boolean:
      return "a boolean";
    case SettingType::integer:
      return "an integer";
    case SettingType::number:
      return "a number";
    case SettingType::text:
      return "a string";
    case SettingType::integers:
      return "a list of integers";
    case SettingType::numbers:
      return "a list of numbers";
    case SettingType::texts:
      return "a list of strings";
  }
  throw Error(ErrorKind::internal, "a setting type with the unknown number {}", static_cast<int>(type));
}

std::string to_string(Direction direction) {
  switch (direction) {
    case Direction::unknown:
      return "";
    case Direction::neither:
      return "neither";
    case Direction::larger:
      return "larger";
    case Direction::smaller:
      return "smaller";
  }
  throw Error(ErrorKind::internal, "a direction with the unknown number {}", static_cast<int>(direction));
}

Direction direction_from(std::string_view text) {
  for (const Direction direction : {Direction::neither, Direction::larger, Direction::smaller}) {
    if (text == to_string(direction)) {
      return direction;
    }
  }
  return Direction::unknown;
}

const Measure* Description::measure(std::string_view measured) const {
  const auto found = std::ranges::find(measures, measured, &Measure::name);
  return found == measures.end() ? nullptr : &*found;
}

std::string to_string(const Value& value) {
  return std::visit([](const auto& alternative) { return literal(alternative); }, value);
}

VersionedName versioned(std::string_view name) {
  const size_t at = name.rfind('@');
  VersionedName out{std::string(name.substr(0, at)), 1};
  const std::string_view digits = at == std::string_view::npos ? "" : name.substr(at + 1);
  if (!digits.empty()) {
    std::from_chars(digits.data(), digits.data() + digits.size(), out.version);
  }
  return out;
}

const Description* find_component(const std::vector<Description>& catalog, Kind kind, std::string_view name) {
  const auto is = [&](const Description& description) { return description.kind == kind; };
  const auto newest = std::ranges::find_if(catalog, [&](const Description& description) {
    return is(description) && !name.empty() && description.newest_of == name;
  });
  if (newest != catalog.end()) {
    return &*newest;
  }
  const VersionedName wanted = versioned(name);
  const auto exact = std::ranges::find_if(catalog, [&](const Description& description) {
    const VersionedName found = versioned(description.name);
    return is(description) && found.name == wanted.name && found.version == wanted.version;
  });
  return exact == catalog.end() ? nullptr : &*exact;
}

}  // namespace atelier::catalog
