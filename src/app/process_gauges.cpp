#include "app/process_gauges.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace adbacus {
namespace {

// Names that threads are given where they start; what has another counts as "other".
constexpr std::array<std::string_view, 8> kThreads{"http",       "log-commit",   "log-space",
                                                   "fold",       "store-commit", "lake-write",
                                                   "lake-merge", "report"};

double resident_bytes() {
  long pages = 0;
  long resident = 0;
  std::ifstream file("/proc/self/statm");
  if (!(file >> pages >> resident)) return 0;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// "pid (name) state …": the 14th and 15th numbers are user and system time in ticks.
double thread_seconds(const std::filesystem::path& task, std::string_view wanted) {
  std::ifstream file(task / "stat");
  std::string text;
  std::getline(file, text);
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return 0;
  const std::string_view name = std::string_view(text).substr(open + 1, close - open - 1);
  const bool is_known = std::find(kThreads.begin(), kThreads.end(), name) != kThreads.end();
  if (wanted.empty() ? is_known : name != wanted) return 0;
  unsigned long long user = 0;
  unsigned long long system = 0;
  constexpr const char* kAfterName = ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu";
  if (std::sscanf(text.c_str() + close, kAfterName, &user, &system) != 2) return 0;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double threads_seconds(std::string_view name) {
  double sum = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error))
    sum += thread_seconds(task.path(), name);
  return sum;
}

}  // namespace

Gauges process_gauges(FileSystem& fs, const std::string& folder) {
  Gauges gauges;
  const auto add = [&](const char* name, const char* help, std::string labels,
                       std::function<double()> read) {
    gauges.push_back(std::make_unique<GaugeFn>(name, help, std::move(labels), std::move(read)));
  };
  add("adbacus_process_resident_bytes", "Resident memory", "", resident_bytes);
  add("adbacus_process_cpu_seconds", "CPU time used, all threads", "", cpu_seconds);
  constexpr const char* kThreadName = "adbacus_thread_cpu_seconds";
  constexpr const char* kThreadHelp = "CPU time used by the threads of one kind that run now";
  for (const std::string_view name : kThreads) {
    add(kThreadName, kThreadHelp, fmt::format("thread=\"{}\"", name),
        [name] { return threads_seconds(name); });
  }
  add(kThreadName, kThreadHelp, "thread=\"other\"", [] { return threads_seconds({}); });
  add("adbacus_disk_free_bytes", "Free space where the data folder lies", "", [&fs, folder] {
    const Result<std::uint64_t> free = fs.free_bytes(folder);
    return free ? static_cast<double>(*free) : 0.0;
  });
  return gauges;
}

}  // namespace adbacus
