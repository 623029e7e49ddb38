// Logs that something was dropped of, and what people add to logs: all else is as it was.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "runlog/annotations.hpp"
#include "runlog/headings.hpp"
#include "runlog/remove.hpp"
#include "runlog/slim.hpp"
#include "runlog/stopped.hpp"
#include "runlog_changed.hpp"
#include "runlog_example.hpp"

using namespace atelier::runlog;
namespace fs = std::filesystem;

namespace {

fs::path make_log(const fs::path& path, Status status = Status::finished) {
  Writer log = Writer::create(path, example::description());
  example::write_foreign(log);
  example::write_steps(log, 0, 620);
  if (status == Status::finished) {
    example::finish(log, 620);
  } else {
    log.set_status(status, "");
    log.close();
  }
  return path;
}

// Keeps a checkpoint every 300 steps; finished where it has all of them.
void write_kept_by_three_hundreds(Writer& log, int64_t first, int64_t last) {
  for (int64_t step = first; step < last;) {
    const int64_t next = std::min(last, (step / 300 + 1) * 300);
    example::write_steps(log, step, next);
    if (next % 300 == 0) {
      example::write_checkpoint(log, next, &Writer::keep_checkpoint);
    }
    step = next;
  }
}

fs::path make_kept_log(const fs::path& path, int64_t last, int64_t all) {
  Writer log = Writer::create(path, example::description());
  example::write_foreign(log);
  write_kept_by_three_hundreds(log, 0, last);
  if (last == all) {
    example::finish(log, all);
  } else {
    log.set_status(Status::interrupted, "");
    log.close();
  }
  return path;
}

std::string bytes_of(const atelier::tensor::Tensor& values) {
  return {reinterpret_cast<const char*>(values.storage.data()), values.bytes()};
}

std::string bytes_of(const std::vector<NamedTensor>& tensors) {
  std::string all;
  for (const NamedTensor& tensor : tensors) {
    all += tensor.name + bytes_of(tensor.value);
  }
  return all;
}

std::string bytes_of(const Weights& weights) {
  return bytes_of(weights.parameters) + bytes_of(weights.state);
}

// What no slimming drops, and all of a sample's last row.
std::string kept_of(const Reader& log) {
  std::string all = log.description().resolved + log.description().source + to_string(log.status());
  const auto add = [&](const auto& values) {
    all.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
  };
  for (const Cadence& cadence : log.description().cadences) {
    all += cadence.name + cadence.split;
    for (const MetricColumn& column : cadence.metrics) {
      const MetricSeries series = log.metric(cadence.name, column.name);
      add(series.steps);
      add(series.epochs);
      add(series.values);
    }
    add(log.timing(cadence.name).wall_seconds);
  }
  for (const SampleSeries& series : log.description().samples) {
    const int64_t last = std::ssize(log.sample_steps(series.name)) - 1;
    all += std::to_string(log.sample_steps(series.name).back());
    if (series.kind == example::FieldKind::image || series.kind == example::FieldKind::image_sequence) {
      add(log.samples(series.name, last).pixels);
    } else {
      all += bytes_of(log.sample_values(series.name, last));
    }
    if (series.kind == example::FieldKind::tokens) {
      for (const std::string& text : log.sample_texts(series.name, last)) {
        all += text + ";";
      }
    }
  }
  for (const TensorSeries& series : log.description().tensors) {
    all += series.name + to_string(series.shape);
  }
  all += bytes_of(log.foreign_weights(0));
  all += bytes_of(log.best()->weights);
  if (const auto result = log.final_result()) {
    all += bytes_of(result->weights);
  }
  return all;
}

std::string parts_of(const Reader& log) {
  std::string all;
  for (const Slimming& slimming : log.slimmed()) {
    CHECK(slimming.utc.ends_with("Z"));
    all += (all.empty() ? "" : "; ") + slimming.parts;
  }
  return all;
}

}  // namespace

TEST_CASE("what is not dropped is as it was, and the log is smaller") {
  const example::Folder folder(example::memory_folder());
  const fs::path log = make_log(folder / "log.h5");
  const std::string kept = kept_of(Reader(log));
  const uint64_t size = fs::file_size(log);
  const std::string checkpoint = bytes_of(Reader(log).newest_checkpoint()->weights);
  const auto slimmed = [&](const std::vector<Part>& parts, const std::string& said) {
    const SlimOutcome outcome = slim(log, parts);
    CHECK(outcome.bytes_after == fs::file_size(log));
    constexpr uint64_t what_it_says = 8192;  // of what was dropped, in a heap; the slots here are smaller than that
    CHECK(outcome.bytes_after < outcome.bytes_before + (parts.front() >= Part::samples ? 0 : what_it_says));
    const Reader reader(log);
    CHECK(kept_of(reader) == kept);
    CHECK(parts_of(reader) == said);
    return outcome.bytes_before;
  };
  CHECK(slimmed({Part::samples}, "samples") == size);
  CHECK(Reader(log).sample_steps("grey") == std::vector<int64_t>{600});
  CHECK(Reader(log).tensor_steps("critic.2").size() == 6);
  slimmed({Part::tensors, Part::samples}, "samples; tensors");  // of samples there was nothing more
  CHECK(Reader(log).tensor_steps("critic.2").empty());
  CHECK(bytes_of(Reader(log).newest_checkpoint()->weights) == checkpoint);
  slimmed({Part::optimizer_slots}, "samples; tensors; optimizer-slots");
  CHECK(bytes_of(Reader(log).newest_checkpoint()->weights) == checkpoint);
  CHECK(Reader(log).newest_checkpoint()->optimizer.empty());
  slimmed({Part::checkpoints}, "samples; tensors; optimizer-slots; checkpoints");
  CHECK_FALSE(Reader(log).newest_checkpoint());
  const uint64_t smallest = fs::file_size(log);
  CHECK(example::message_of([&] {
          slim(log, {Part::checkpoints, Part::optimizer_slots});
        }).ends_with("it has nothing of this to drop: checkpoints, optimizer-slots"));
  CHECK(fs::file_size(log) == smallest);
  CHECK(example::message_of([&] {
          slim(log, {Part::tensors, Part::kept});
        }).ends_with("log.h5: cannot be made smaller: it has nothing of this to drop: tensors, kept"));
  CHECK(example::message_of([&] {
          Reader(log).expect_undropped({Part::kept, Part::checkpoints}, "resumed");
        }).find("log.h5: cannot be resumed: its checkpoints were dropped by 'atelier slim' at 20") !=
        std::string::npos);
  Reader(log).expect_undropped({Part::kept}, "replayed");
}

TEST_CASE("a log without its samples and tensors goes on as it would have") {
  const example::Folder folder(example::memory_folder());
  const fs::path whole = make_log(folder / "whole.h5", Status::interrupted);
  const fs::path log = folder / "log.h5";
  slim(whole, {Part::samples, Part::tensors}, log);
  CHECK(parts_of(Reader(whole)).empty());
  for (const fs::path& path : {whole, log}) {
    const auto checkpoint = Reader(path).newest_checkpoint();
    REQUIRE(checkpoint);
    Writer writer = Writer::reopen(path, checkpoint->step, checkpoint->sequence);
    example::write_steps(writer, checkpoint->step, 900);
    example::finish(writer, 900);
  }
  CHECK(kept_of(Reader(log)) == kept_of(Reader(whole)));
  CHECK(Reader(log).sample_steps("grey") == std::vector<int64_t>{600, 700, 800, 900});
  CHECK(Reader(log).tensor_steps("critic.2") == std::vector<int64_t>{700, 800, 900});
  CHECK(bytes_of(Reader(log).tensor("critic.2", 2)) == bytes_of(Reader(whole).tensor("critic.2", 8)));
}

TEST_CASE("hashes of what is dropped stay: what is left is proven as before, and has the same head") {
  const example::Folder folder(example::memory_folder());
  const fs::path whole = make_kept_log(folder / "whole.h5", 620, 620);
  const Chain before = Reader(whole).chain();
  REQUIRE(before.faults.empty());
  const auto check_same = [&](const fs::path& log, const std::string& dropped) {
    const Chain chain = Reader(log).chain();
    CHECK(chain.faults.empty());
    CHECK(chain.head == before.head);
    CHECK(chain.rows == before.rows);
    CHECK(chain.step == before.step);
    CHECK(chain.later_rows == 0);
    CHECK(chain.dropped == dropped);
  };
  const std::vector<Part> all{Part::optimizer_slots, Part::checkpoints, Part::kept, Part::samples, Part::tensors};
  const std::vector<std::string> said{"9 arrays of optimizers", "1 of the newest checkpoints", "2 kept checkpoints",
                                      "35 rows of samples", "18 rows of tensors"};
  for (size_t i = 0; i < all.size(); ++i) {
    const fs::path log = folder / (to_string(all[i]) + ".h5");
    slim(whole, {all[i]}, log);
    CAPTURE(to_string(all[i]));
    CHECK(Reader(log).chain().dropped == said[i]);
    check_same(log, said[i]);
  }
  const fs::path log = folder / "log.h5";
  slim(whole, {Part::samples, Part::optimizer_slots}, log);
  slim(log, {Part::checkpoints, Part::tensors});
  check_same(log, "1 of the newest checkpoints, 6 arrays of optimizers, 35 rows of samples, 18 rows of tensors");
  slim(log, {Part::kept});
  check_same(log, "2 kept checkpoints, 1 of the newest checkpoints, 35 rows of samples, 18 rows of tensors");
}

TEST_CASE("what is changed in a log that something was dropped of is named") {
  const example::Folder folder(example::memory_folder());
  const fs::path log = make_kept_log(folder / "log.h5", 620, 620);
  slim(log, {Part::samples, Part::optimizer_slots});
  const fs::path smallest = folder / "smallest.h5";
  slim(log, {Part::tensors, Part::checkpoints, Part::kept}, smallest);
  using Faults = std::vector<std::string>;
  const auto faults_of = [&](const fs::path& path, const char* dataset) {
    example::Folder changed(example::memory_folder());
    fs::copy_file(path, changed / "log.h5");
    example::change_element(changed / "log.h5", dataset, 0);
    return Reader(changed / "log.h5").chain().faults;
  };
  CHECK(faults_of(log, "/samples/verses/tokens") ==
        Faults{"samples/verses: rows 5 to 5, counted from 0, are not as they were written (kept/600)"});
  CHECK(faults_of(log, "/samples/verses/step") ==
        Faults{"samples/verses: rows 5 to 5, counted from 0, are not as they were written (kept/600)"});
  CHECK(faults_of(log, "/tensors/critic.2/values") ==
        Faults{"tensors/critic.2: rows 0 to 2, counted from 0, are not as they were written (kept/300)"});
  CHECK(faults_of(log, "/kept/300/parameters/generator.0.weight") ==
        Faults{"kept/300: damaged: its hash differs from what was written"});
  CHECK(faults_of(log, "/kept/300/dropped_sha256") ==
        Faults{"kept/300: damaged: its hash differs from what was written"});
  CHECK(faults_of(smallest, "/metrics/train/wait") ==
        Faults{"metrics/train: rows 0 to 599, counted from 0, are not as they were written (checkpoints/a)"});
  CHECK(faults_of(smallest, "/final/weights/parameters/generator.0.weight").front() ==
        "final: its final weights are damaged: their hash differs from what was written");
  CHECK(faults_of(smallest, "/checkpoints/a/dropped_sha256") ==
        Faults{"checkpoints/a: damaged: its hash differs from what was written"});
  CHECK(faults_of(smallest, "/dropped/kept/contents_sha256") ==
        Faults{"checkpoints/a: the checkpoint that was kept before it is gone, or another one",
               "final: the checkpoint that was kept before it is gone, or another one"});
}

TEST_CASE("a run that goes on in a log that something was dropped of comes to the same head") {
  const example::Folder folder(example::memory_folder());
  const std::string head = Reader(make_kept_log(folder / "whole.h5", 1230, 1230)).chain().head;
  for (const std::vector<Part>& parts :
       {std::vector{Part::samples}, {Part::tensors}, {Part::kept}, {Part::samples, Part::tensors, Part::kept}}) {
    const fs::path log = folder / "log.h5";
    make_kept_log(log, 620, 1230);
    const std::string interrupted = Reader(log).chain().head;
    slim(log, parts);
    const Chain slimmed = Reader(log).chain();
    CHECK(slimmed.faults.empty());
    CHECK(slimmed.head == interrupted);
    const auto checkpoint = Reader(log).newest_checkpoint();
    Writer writer = Writer::reopen(log, checkpoint->step, checkpoint->sequence);
    write_kept_by_three_hundreds(writer, checkpoint->step, 1230);
    example::finish(writer, 1230);
    const Chain chain = Reader(log).chain();
    CAPTURE(parts_of(Reader(log)));
    CHECK(chain.faults.empty());
    CHECK(chain.head == head);
    CHECK_FALSE(chain.dropped.empty());
    fs::remove(log);
  }
}

TEST_CASE("a checkpoint that was damaged before is not made good by slimming") {
  const example::Folder folder(example::memory_folder());
  const fs::path log = make_log(folder / "log.h5", Status::interrupted);
  const int64_t newest = Reader(log).newest_checkpoint()->step;
  const example::Values values(newest);
  std::string bytes = example::bytes_of(log);
  const std::string weight(reinterpret_cast<const char*>(values.arrays[0].data()), sizeof(float) * 12);
  for (size_t at = bytes.find(weight); at != std::string::npos; at = bytes.find(weight, at + 1)) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);  // in the best weights too
  }
  std::ofstream(log, std::ios::binary) << bytes;
  const int64_t before = Reader(log).newest_checkpoint()->step;
  CHECK(before < newest);
  slim(log, {Part::optimizer_slots});
  CHECK(Reader(log).newest_checkpoint()->step == before);
}

TEST_CASE("slimming keeps the permissions, and refuses what is there, or is written") {
  const example::Folder folder(example::memory_folder());
  const fs::path log = make_log(folder / "log.h5", Status::interrupted);
  chmod(log.c_str(), 0640);
  fs::create_symlink(log, folder / "link.h5");
  slim(folder / "link.h5", {Part::samples});
  CHECK(fs::is_symlink(folder / "link.h5"));
  CHECK(parts_of(Reader(log)) == "samples");
  CHECK(fs::status(log).permissions() == fs::perms(0640));
  CHECK(example::message_of([&] {
          slim(log, {Part::tensors}, log);
        }).ends_with("log.h5: is there already, expected a new file"));
  const Writer writer = Writer::reopen(log, 600);
  for (const fs::path& output : {fs::path(), folder / "b.h5"}) {
    CHECK(example::message_of([&] { slim(log, {Part::tensors}, output); }).find("is being written by process") !=
          std::string::npos);
    CHECK_FALSE(fs::exists(folder / "b.h5"));
  }
}

TEST_CASE("tags and notes stand in the log, in order, and are all that changes") {
  const example::Folder folder(example::memory_folder());
  const fs::path log = make_log(folder / "log.h5", Status::interrupted);
  const std::string kept = kept_of(Reader(log));
  CHECK(Reader(log).notes().empty());
  CHECK(change_tags(log, {"good", "größer", "good"}, {"first"}) == std::vector<std::string>{"größer", "good"});
  CHECK(Reader(log).description().tags == std::vector<std::string>{"größer", "good"});
  CHECK(change_tags(log, {}, {"größer", "good", "none"}).empty());
  CHECK(Reader(log).description().tags.empty());
  const uint64_t size = fs::file_size(log);
  for (int i = 0; i < 100; ++i) {
    add_note(log, "note " + std::to_string(i) + "\nof two lines ");
  }
  const Reader reader(log);
  REQUIRE(reader.notes().size() == 100);
  CHECK(reader.notes()[99].text == "note 99\nof two lines ");
  CHECK(reader.notes()[0].utc < reader.notes()[99].utc);
  CHECK(fs::file_size(log) < size + 100 * 8192);
  CHECK(kept_of(reader) == kept);
  CHECK(read_headings({log}).front().notes.size() == 100);
  const auto checkpoint = reader.newest_checkpoint();
  Writer writer = Writer::reopen(log, checkpoint->step, checkpoint->sequence);  // and the run goes on
  CHECK(example::message_of([&] { add_note(log, "x"); }).find("is being written by process") != std::string::npos);
  CHECK(example::message_of([&] { change_tags(log, {"x"}, {}); }).find("is being written by process") !=
        std::string::npos);
  writer.close();
  CHECK(Reader(log).notes().size() == 100);
  CHECK(example::message_of([&] { add_note(folder / "none.h5", "x"); }).ends_with("none.h5: no such file"));
  CHECK_FALSE(fs::exists(folder / "none.h5.lock"));
}

TEST_CASE("why a run was stopped is said afterwards, and it goes on as before") {
  const example::Folder folder(example::memory_folder());
  const fs::path log = make_log(folder / "log.h5", Status::interrupted);
  const Chain chain = Reader(log).chain();
  set_stopped(log, "rank 5 of 9");
  set_stopped(log, "rank 4 of 9");
  CHECK(Reader(log).status() == Status::stopped);
  CHECK(Reader(log).exit_reason() == "rank 4 of 9");
  CHECK(read_headings({log}).front().status == Status::stopped);
  CHECK(Reader(log).chain().head == chain.head);
  CHECK(Reader(log).chain().faults.empty());
  const auto checkpoint = Reader(log).newest_checkpoint();
  Writer writer = Writer::reopen(log, checkpoint->step, checkpoint->sequence);
  CHECK(example::message_of([&] { set_stopped(log, "x"); }).find("is being written by process") != std::string::npos);
  writer.close();
  CHECK(Reader(log).status() == Status::running);

  for (const Status status : {Status::finished, Status::failed}) {
    const fs::path ended = make_log(folder / (to_string(status) + ".h5"), status);
    CHECK(example::message_of([&] {
            set_stopped(ended, "x");
          }).ends_with("cannot be said to be stopped: the run is " + to_string(status)));
    CHECK(Reader(ended).status() == status);
  }
}

TEST_CASE("a log is removed with all that stands beside it, and nothing else is") {
  const example::Folder folder(example::memory_folder());
  const fs::path log = make_log(folder / "log.h5", Status::interrupted);
  for (const char* ending : {".journal", ".new", ".slim"}) {
    std::ofstream(log.string() + ending) << "x";
  }
  std::ofstream(log.string() + ".notes") << "mine";
  fs::create_symlink(log, folder / "link.h5");
  remove_log(folder / "link.h5");
  CHECK(fs::exists(log));
  CHECK_FALSE(fs::is_symlink(folder / "link.h5"));
  {
    fs::remove(log.string() + ".journal");
    const Writer writer = Writer::reopen(log, 600);
    CHECK(example::message_of([&] { remove_log(log); }).find("is being written by process") != std::string::npos);
    CHECK(fs::exists(log));
  }
  remove_log(log);
  std::vector<std::string> left;
  for (const auto& file : fs::directory_iterator(log.parent_path())) {
    left.push_back(file.path().filename());
  }
  CHECK(left == std::vector<std::string>{"log.h5.notes"});
}
