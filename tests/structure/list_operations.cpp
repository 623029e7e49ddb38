// The public operations as the registry has them, for docs/operations.py. Lines of fields with tabs between:
//   family     title
//   operation  name  summary  gradient
//   attribute  name  type  default or ""  "changes" or ""
#include <fmt/format.h>

#include <cstdio>

#include "ops/operations.hpp"

namespace {

using atelier::record::AttributeSpec;
using atelier::record::AttributeType;
using atelier::record::Differentiability;
using atelier::record::Operation;

const char* gradient_of(const Operation& operation) {
  switch (operation.differentiability) {
    case Differentiability::gradient:
      return "twice";
    case Differentiability::once:
      return "once";
    case Differentiability::constant:
      return "constant";
    case Differentiability::unsupported:
      return "none";
  }
  return "";
}

const char* type_of(const AttributeSpec& attribute) {
  switch (attribute.type) {
    case AttributeType::integer:
      return "integer";
    case AttributeType::number:
      return "number";
    case AttributeType::integers:
      return "integers";
  }
  return "";
}

std::string default_of(const AttributeSpec& attribute) {
  if (attribute.default_integers) {
    return fmt::format("[{}]", fmt::join(*attribute.default_integers, ", "));
  }
  return attribute.default_number ? fmt::format("{}", *attribute.default_number) : "";
}

void print(const Operation& operation) {
  fmt::print("operation\t{}\t{}\t{}\n", operation.name, operation.summary, gradient_of(operation));
  const size_t own = operation.attributes.size() - (operation.draws ? 1 : 0);  // the host gives the last one of a draw
  for (size_t i = 0; i < own; ++i) {
    const AttributeSpec& attribute = operation.attributes[i];
    fmt::print("attribute\t{}\t{}\t{}\t{}\n", attribute.name, type_of(attribute), default_of(attribute),
               attribute.runtime ? "changes" : "");
  }
}

}  // namespace

int main() {
  for (const atelier::ops::Family& family : atelier::ops::families()) {
    fmt::print("family\t{}\n", family.title);
    for (const std::string& name : family.operations) {
      print(atelier::record::OperationRegistry::instance().get(name));
    }
  }
  return 0;
}
