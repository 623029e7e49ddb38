#include <doctest/doctest.h>

#include "runlog_example.hpp"

using namespace atelier::runlog;

TEST_CASE("equal runs give equal files, whenever they were flushed") {
  const example::Folder folder;
  Writer seldom = Writer::create(folder / "seldom.h5", example::description());
  Writer often = Writer::create(folder / "often.h5", example::description());
  example::write_foreign(seldom);
  example::write_foreign(often);
  often.flush();
  example::write_steps(seldom, 0, 1700);
  for (int64_t step = 0; step < 1700; step += 10) {
    example::write_steps(often, step, step + 10);
    often.flush();
  }
  example::finish(seldom, 1700);
  example::finish(often, 1700);
  const std::string bytes = example::bytes_of(folder / "seldom.h5");
  CHECK(bytes.size() > 100'000);
  CHECK((bytes == example::bytes_of(folder / "often.h5")));
}

TEST_CASE("another clock changes no more than the timing") {
  const example::Folder folder;
  for (const double clock : {0.001, 0.002}) {
    Writer log = Writer::create(folder / std::to_string(clock), example::description());
    example::write_steps(log, 0, 600, clock);
    example::finish(log, 600);
  }
  const std::string a = example::bytes_of(folder / std::to_string(0.001));
  const std::string b = example::bytes_of(folder / std::to_string(0.002));
  REQUIRE(a.size() == b.size());
  size_t different = 0;
  for (size_t i = 0; i < a.size(); i += sizeof(double)) {
    different += a.compare(i, sizeof(double), b, i, sizeof(double)) != 0 ? 1 : 0;
  }
  // wall_seconds of both cadences, samples_per_second of one.
  CHECK(different <= 600 + 12 + 600);
  CHECK(different > 600);
}
