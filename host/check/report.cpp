#include "check/report.hpp"

#include <new>

namespace atelier::check {
namespace {

Finding with_hint(Finding finding) {
  const std::string mark = "; hint: ";
  if (const size_t at = finding.text.rfind(mark); at != std::string::npos) {
    finding.hint = finding.text.substr(at + mark.size());
    finding.text.resize(at);
  }
  return finding;
}

}  // namespace

Report::Report(std::string subject, Listener& listener) : subject_(std::move(subject)), listener_(listener) {}

bool Report::run(const std::string& check, const std::function<std::string()>& body) {
  listener_.begins(subject_, check);
  Finding finding{subject_, check, Verdict::ok, {}, {}};
  try {
    finding.text = body();
  } catch (const NotRun& reason) {
    finding.verdict = Verdict::not_run;
    finding.text = reason.what();
  } catch (const std::bad_alloc&) {
    finding.verdict = Verdict::wrong;
    finding.text = "there is not enough memory for it; hint: the data of a check is tiny, so look for what grows";
  } catch (const std::exception& error) {
    finding.verdict = Verdict::wrong;
    finding.text = error.what();
  }
  listener_.found(with_hint(finding));
  return finding.verdict == Verdict::ok;
}

}  // namespace atelier::check
