#include "record/recorder.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace atelier::record {
namespace {

Attribute to_attribute(const RawAttribute& raw) {
  switch (raw.type) {
    case AttributeType::integer:
      return Attribute::of(raw.integer);
    case AttributeType::number:
      return Attribute::of(raw.number);
    case AttributeType::integers:
      break;
  }
  return Attribute::of(std::vector<int64_t>(raw.integers, raw.integers + raw.count));
}

// An attribute's value by its bits; an integer may stand for a number.
int64_t bits_of(const RawAttribute& raw, AttributeType declared) {
  const bool converts = declared == AttributeType::number && raw.type == AttributeType::integer;
  return converts ? std::bit_cast<int64_t>(static_cast<double>(raw.integer)) : raw.integer;
}

Error at(Location location, const Error& error) {
  const std::string place = to_string(location);
  return {error.kind(), "{}{}{}", place, place.empty() ? "" : ": ", error.what()};
}

}  // namespace

Recorder::Recorder(DType real, size_t capacity) : real_(real), capacity_(capacity) {}

void Recorder::begin() {
  cursor_ = 0;
  value_count_ = 0;
  draws_ = 0;
  operands_.resize(step_operand_count);
  fresh_ = tapes_.empty();
  tape_ = fresh_ ? std::make_shared<Tape>() : tapes_.front();
}

bool Recorder::same_call(const Tape& tape, const TapeCall& call, const Operation& operation,
                         std::span<const uint32_t> inputs, std::span<const RawAttribute> attributes) const {
  if (call.operation != &operation || call.input_count != inputs.size() || call.given_attributes != attributes.size()) {
    return false;
  }
  const uint32_t* expected = tape.inputs.data() + call.first_input;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (expected[i] != inputs[i]) {
      return false;
    }
  }
  for (size_t i = 0; i < attributes.size(); ++i) {
    const TapeAttribute& known = tape.attributes[call.first_attribute + i];
    const RawAttribute& raw = attributes[i];
    if (known.type != raw.type && (known.type != AttributeType::number || raw.type != AttributeType::integer)) {
      return false;
    }
    if (known.type == AttributeType::integers) {
      if (known.count != raw.count ||
          !std::equal(raw.integers, raw.integers + raw.count, tape.integers.begin() + known.first)) {
        return false;
      }
    } else if (known.slot < 0 && known.integer != bits_of(raw, known.type)) {
      return false;
    }
  }
  return true;
}

void Recorder::take_operands(const TapeCall& call, std::span<const RawAttribute> attributes) {
  for (size_t i = 0; i < call.attribute_count; ++i) {
    const TapeAttribute& known = tape_->attributes[call.first_attribute + i];
    if (known.slot < 0) {
      continue;
    }
    const auto slot = static_cast<size_t>(known.slot);
    if (operands_.size() <= slot) {
      operands_.resize(slot + 1);
    }
    operands_[slot].integer = i < attributes.size() ? bits_of(attributes[i], known.type) : known.integer;
  }
  if (call.operation->draws) {
    const auto ordinal = static_cast<size_t>(tape_->attributes[call.first_attribute + call.attribute_count - 1].slot);
    operands_[ordinal].integer = operands_[operand_ordinal_base].integer + draws_++;
  }
}

// As the shape rule has done for the operands that the tape was made with.
void Recorder::check_operands(const TapeCall& call, Location location) {
  constexpr size_t few = 4;
  std::array<TensorType, few> types;
  std::array<Attribute, few> attributes;
  ATELIER_CHECK(call.input_count <= few && call.attribute_count <= few);
  for (size_t i = 0; i < call.input_count; ++i) {
    types[i] = tape_->values[tape_->inputs[call.first_input + i]];
  }
  for (size_t i = 0; i < call.attribute_count; ++i) {
    const TapeAttribute& known = tape_->attributes[call.first_attribute + i];
    attributes[i].type = known.type;
    attributes[i].scalar.constant.integer =
        known.slot < 0 ? known.integer : operands_[static_cast<size_t>(known.slot)].integer;
  }
  try {
    call.operation->check_operands(Inference(std::span(types.data(), call.input_count),
                                             std::span(attributes.data(), call.attribute_count), real_));
  } catch (const Error& error) {
    throw at(location, Error(error.kind(), "{}: {}", base_name(*call.operation), error.what()));
  }
}

bool Recorder::replays(const Operation& operation, std::span<const uint32_t> inputs,
                       std::span<const RawAttribute> attributes) {
  if (fresh_) {
    return false;
  }
  if (cursor_ < tape_->calls.size() && same_call(*tape_, tape_->calls[cursor_], operation, inputs, attributes)) {
    return true;
  }
  return switch_tape(operation, inputs, attributes);
}

// Another known tape with the same beginning may go on as this recording does.
bool Recorder::switch_tape(const Operation& operation, std::span<const uint32_t> inputs,
                           std::span<const RawAttribute> attributes) {
  for (const auto& other : tapes_) {
    if (other != tape_ && other->calls.size() > cursor_ && tape_->calls.size() >= cursor_ &&
        same_call(*other, other->calls[cursor_], operation, inputs, attributes) &&
        same_calls(*other, *tape_, cursor_)) {
      tape_ = other;
      return true;
    }
  }
  return false;
}

// From here on the recording has a tape of its own, which begins as the one that it followed.
void Recorder::diverge(Location location) {
  auto own = std::make_shared<Tape>();
  const Tape& followed = *tape_;
  own->calls.assign(followed.calls.begin(), followed.calls.begin() + static_cast<std::ptrdiff_t>(cursor_));
  uint32_t inputs = 0;
  uint32_t attributes = 0;
  for (const TapeCall& call : own->calls) {
    inputs = std::max(inputs, call.first_input + call.input_count);
    attributes = std::max(attributes, call.first_attribute + call.attribute_count);
    own->input_leaves += call.operation->special == Special::input ? 1 : 0;
  }
  own->inputs.assign(followed.inputs.begin(), followed.inputs.begin() + inputs);
  own->attributes.assign(followed.attributes.begin(), followed.attributes.begin() + attributes);
  own->integers = followed.integers;
  own->values.assign(followed.values.begin(), followed.values.begin() + static_cast<std::ptrdiff_t>(value_count_));
  for (const TapeAttribute& attribute : own->attributes) {
    own->operand_count = std::max(own->operand_count, attribute.slot + 1);
  }
  operands_.resize(static_cast<size_t>(own->operand_count));
  tape_ = std::move(own);
  fresh_ = true;
  miss_location_ = location;
}

void Recorder::append(const Operation& operation, std::span<const uint32_t> inputs,
                      std::span<const RawAttribute> attributes, std::span<const TensorType> types, Location location) {
  Tape& tape = *tape_;
  TapeCall call{&operation,
                static_cast<uint32_t>(tape.inputs.size()),
                static_cast<uint32_t>(inputs.size()),
                static_cast<uint32_t>(tape.attributes.size()),
                static_cast<uint32_t>(attributes.size()),
                static_cast<uint32_t>(tape.values.size()),
                static_cast<uint32_t>(types.size()),
                0,
                location};
  tape.inputs.insert(tape.inputs.end(), inputs.begin(), inputs.end());
  for (size_t i = 0; i < attributes.size(); ++i) {
    const RawAttribute& raw = attributes[i];
    TapeAttribute attribute{raw.type, -1, raw.count, {.integer = 0}};
    if (raw.type == AttributeType::integers) {
      attribute.first = static_cast<uint32_t>(tape.integers.size());
      tape.integers.insert(tape.integers.end(), raw.integers, raw.integers + raw.count);
    } else {
      attribute.integer = raw.integer;
      // Attributes beyond the declared ones are runtime operands too: an update's scalars.
      if (i >= operation.attributes.size() || operation.attributes[i].runtime) {
        attribute.slot = tape.operand_count++;
      }
    }
    tape.attributes.push_back(attribute);
  }
  tape.values.insert(tape.values.end(), types.begin(), types.end());
  tape.input_leaves += operation.special == Special::input ? 1 : 0;
  tape.calls.push_back(call);
}

uint32_t Recorder::apply(const Operation& operation, std::span<const uint32_t> inputs,
                         std::span<const RawAttribute> attributes, Location location) {
  if (!replays(operation, inputs, attributes)) {
    try {
      Attributes complete;
      for (const RawAttribute& raw : attributes) {
        complete.push_back(to_attribute(raw));
      }
      complete_attributes(operation, inputs.size(), complete);
      std::vector<TensorType> input_types;
      for (const uint32_t input : inputs) {
        input_types.push_back(tape_->values[input]);
      }
      const std::vector<TensorType> types = infer(operation, input_types, complete, real_);
      if (!fresh_) {
        diverge(location);
      }
      std::vector<RawAttribute> raws;
      for (const Attribute& attribute : complete) {
        RawAttribute raw{attribute.type, static_cast<uint32_t>(attribute.integers.size()), {}};
        if (attribute.type == AttributeType::integers) {
          raw.integers = attribute.integers.data();
        } else {
          raw.integer = attribute.scalar.constant.integer;
        }
        raws.push_back(raw);
      }
      append(operation, inputs, raws, types, location);
      tape_->calls.back().given_attributes = static_cast<uint32_t>(attributes.size());
    } catch (const Error& error) {
      throw at(location, error);
    }
  }
  const TapeCall& call = tape_->calls[cursor_++];
  take_operands(call, attributes);
  if (call.operation->check_operands) {
    check_operands(call, location);
  }
  value_count_ = call.first_output + call.output_count;
  return call.first_output;
}

uint32_t Recorder::special(const Operation& operation, std::span<const uint32_t> inputs,
                           std::span<const RawAttribute> attributes, std::span<const TensorType> types,
                           Location location) {
  if (!replays(operation, inputs, attributes)) {
    if (!fresh_) {
      diverge(location);
    }
    append(operation, inputs, attributes, types, location);
    tape_->calls.back().given_attributes = static_cast<uint32_t>(attributes.size());
  }
  const TapeCall& call = tape_->calls[cursor_++];
  take_operands(call, attributes);
  value_count_ = call.first_output + call.output_count;
  return call.first_output;
}

bool Recorder::end() {
  if (!fresh_ && cursor_ == tape_->calls.size()) {
    if (tapes_.front() != tape_) {
      const auto found = std::find(tapes_.begin(), tapes_.end(), tape_);
      std::rotate(tapes_.begin(), found, found + 1);
    }
    return false;
  }
  if (!fresh_) {
    for (const auto& other : tapes_) {  // this recording may be a known tape that ends where the followed one goes on
      if (other->calls.size() == cursor_ && same_calls(*other, *tape_, cursor_)) {
        tape_ = other;
        return end();
      }
    }
    diverge(cursor_ == 0 ? Location{} : tape_->calls[cursor_ - 1].location);
  }
  fresh_ = false;
  ++misses_;
  tapes_.push_front(tape_);
  if (tapes_.size() > capacity_) {
    tapes_.pop_back();
  }
  return true;
}

}  // namespace atelier::record
