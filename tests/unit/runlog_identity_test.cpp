// What a run was made from, and what it went on with.
#include <doctest/doctest.h>

#include "runlog/identity.hpp"
#include "runlog/reader.hpp"
#include "runlog/writer.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;

TEST_CASE("what differs is named, on both sides") {
  const RunDescription then = example::description();
  CHECK(differences(identity_of(then), identity_of(then)).empty());

  RunDescription now = then;
  now.provenance.dataset_sha256 = std::string(64, 'a');
  now.provenance.plugins[0].sha256 = "other";
  now.provenance.plugins[1].name = "lion";
  now.data.fields[1].class_names = {"one", "zero"};
  now.data.fields[4].kind = atelier::catalog::FieldKind::numbers;
  now.foreign[0].run_id = "0000";
  now.provenance.start_run_id = "";
  std::map<std::string, std::string> found;
  for (const Change& change : differences(identity_of(then), identity_of(now))) {
    found[change.what] = to_text(change);
  }
  CHECK(found == std::map<std::string, std::string>{
                     {"data sha256", "data sha256 was ef56 and is aaaaaaaaaaaa"},
                     {"plugin gan", "plugin gan was ab12 and is other"},
                     {"plugin adam", "plugin adam was cd34 and is none"},
                     {"plugin lion", "plugin lion was none and is cd34"},
                     {"classes of label", "classes of label was zero, one, größer and is one, zero"},
                     {"kind of sound", "kind of sound was signal and is numbers"},
                     {"run cnn-mnist", "run cnn-mnist was 9c1e and is 0000"},
                     {"start run", "start run was 77aa and is none"},
                 });
}

TEST_CASE("a change that was allowed is kept in the log, and from then on is what the run is made from") {
  const example::Folder folder;
  const RunDescription then = example::description();
  const std::vector<Change> changes = {{3, "data sha256", "ef56", "0a0b"},
                                       {3, "plugin lion", "", "cd34"},
                                       {7, "data sha256", "0a0b", "0c\t\n0d"},
                                       {7, "run cnn-mnist", "9c1e", ""}};
  Writer::create(folder / "log.h5", then).close();
  {
    Writer writer = Writer::reopen(folder / "log.h5", -1);
    writer.set_changes({changes[0]});
    writer.set_changes(changes);
    writer.close();
  }
  const Reader reader(folder / "log.h5");
  const std::vector<Change>& read = reader.description().provenance.changes;
  REQUIRE(read.size() == 4);
  CHECK(read[1].step == 3);
  CHECK(read[1].what == "plugin lion");
  CHECK(read[1].was.empty());
  CHECK(read[2].step == 7);
  CHECK(read[2].was == "0a0b");
  CHECK(read[2].now == "0c  0d");

  const Identity now = identity_of(reader.description());
  CHECK(now.at("data sha256") == "0c  0d");
  CHECK(now.at("plugin lion") == "cd34");
  CHECK_FALSE(now.contains("run cnn-mnist"));
  CHECK(now.at("plugin gan") == "ab12");
  CHECK(reader.description().provenance.dataset_sha256 == "ef56");  // as it began
}
