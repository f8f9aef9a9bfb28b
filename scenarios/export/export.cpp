#include "scenarios/export/export.h"

#include <charconv>

#include "scenarios/export/access_logs.h"
#include "scenarios/export/capture.h"
#include "scenarios/export/openmetrics.h"
#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"
#include "scenarios/export/traces.h"

namespace meshsim::scenarios {

namespace {

// Days since 1970-01-01 of a Gregorian date, and back (H. Hinnant, "chrono-compatible low-level date algorithms").
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct Date {
  std::int64_t year = 0, month = 0, day = 0;
};
Date date_of(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t of_era = days - era * 146097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t part = (5 * of_year + 2) / 153;
  const std::int64_t month = part < 10 ? part + 3 : part - 9;
  return {year_of_era + era * 400 + (month <= 2), month, of_year - (153 * part + 2) / 5 + 1};
}

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

void append_time(std::string& out, std::int64_t wall_ns, int digits) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t days = wall_ns / (86400 * kSecond), rest = wall_ns % (86400 * kSecond);
  const Date date = date_of(days);
  char text[] = "0000-00-00T00:00:00.000000000";
  const auto put = [&text](int at, int width, std::int64_t value) {
    for (int i = at + width; i-- > at; value /= 10) text[i] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, date.year);
  put(5, 2, date.month);
  put(8, 2, date.day);
  put(11, 2, rest / (3600 * kSecond));
  put(14, 2, rest / (60 * kSecond) % 60);
  put(17, 2, rest / kSecond % 60);
  put(20, 9, rest % kSecond);
  out.append(text, digits > 0 ? static_cast<std::size_t>(20 + digits) : 19);
  out += 'Z';
}

std::string time_text(std::int64_t wall_ns, int digits) {
  std::string out;
  append_time(out, wall_ns, digits);
  return out;
}

std::optional<std::int64_t> parse_start_time(const std::string& text) {
  constexpr std::int64_t kSecond = 1'000'000'000, kLatest = 7'258'118'400;  // 2200: beyond it nanoseconds overflow
  if (const auto seconds = digits(text)) return *seconds <= kLatest ? std::optional(*seconds * kSecond) : std::nullopt;
  // 2026-01-01T00:00:00Z
  if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != 'Z')
    return std::nullopt;
  const std::string_view view = text;
  const auto year = digits(view.substr(0, 4)), month = digits(view.substr(5, 2)), day = digits(view.substr(8, 2)),
             hour = digits(view.substr(11, 2)), minute = digits(view.substr(14, 2)),
             second = digits(view.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*year < 1970 || *year >= 2200 || *month < 1 || *month > 12 || *day < 1 || *hour > 23 || *minute > 59 ||
      *second > 59)
    return std::nullopt;
  const std::int64_t days = days_of(*year, *month, *day);
  const Date back = date_of(days);
  if (back.month != *month || back.day != *day) return std::nullopt;  // 31 April
  return (days * 86400 + *hour * 3600 + *minute * 60 + *second) * kSecond;
}

bool choose_export(const std::string& word, ExportOptions& options) {
  if (word == "metrics") return options.metrics = true;
  if (word == "logs") return options.logs = true;
  if (word == "traces") return options.traces = true;
  if (word == "pcap") return options.capture = true;
  return false;
}

Exported export_run(const RunResult& run, const ExportOptions& options) {
  OutputFiles files(options.folder);
  const Recording recording = record(run, options);
  if (options.metrics) write_openmetrics(run, recording, files.file("metrics.openmetrics.txt"));
  if (options.traces) {
    write_otlp(recording, files.file("traces.otlp.json"));
    write_timeline(recording, files.file("timeline.chrome.json"));
  }
  if (options.capture) write_captures(run, recording, files);
  if (options.logs) write_access_logs(run, recording, options, files);
  Exported out;
  out.files = files.names();
  out.error = files.commit();
  if (out.error) out.files.clear();
  return out;
}

}  // namespace meshsim::scenarios
