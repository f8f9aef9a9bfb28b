#pragma once
// ReadLog: which workloads of a mesh somebody read. A verdict that read only workloads that are the same in another
// mesh holds there too (scenarios/explore/judge_again.h), so the note is taken where the reading happens and not
// guessed from the result: while a ReadLog lives in a thread, every WatchedList tells it. No log: one test of a
// pointer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace meshsim::models {

struct MeshReads {
  std::vector<std::uint32_t> workloads;  // sorted, each once
  bool everything = false;               // somebody went through the whole list
};

class ReadLog {
 public:
  ReadLog() : outer_(std::exchange(current_, this)) {}
  ~ReadLog() { current_ = outer_; }
  ReadLog(const ReadLog&) = delete;
  ReadLog& operator=(const ReadLog&) = delete;

  static ReadLog* current() { return current_; }
  void note(std::size_t index) {
    const auto one = static_cast<std::uint32_t>(index);
    std::vector<std::uint32_t>& list = reads_.workloads;
    // One walk looks at the same few again and again.
    for (std::size_t i = list.size(), end = i > 8 ? i - 8 : 0; i-- > end;)
      if (list[i] == one) return;
    list.push_back(one);
  }
  void note_everything() { reads_.everything = true; }
  // What was read since the last call.
  MeshReads take() {
    MeshReads out = std::exchange(reads_, {});
    std::sort(out.workloads.begin(), out.workloads.end());
    out.workloads.erase(std::unique(out.workloads.begin(), out.workloads.end()), out.workloads.end());
    return out;
  }

 private:
  static constinit inline thread_local ReadLog* current_ = nullptr;
  ReadLog* outer_;
  MeshReads reads_;
};

// A vector that tells the ReadLog of this thread what is read of it. Only const access is told: who can change a mesh
// is still making it.
template <typename T>
class WatchedList : private std::vector<T> {
  using Base = std::vector<T>;

 public:
  using Base::Base;
  using Base::empty;
  using Base::push_back;
  using Base::reserve;
  using Base::size;
  using typename Base::const_iterator;
  using typename Base::const_reference;
  using typename Base::iterator;
  using typename Base::reference;
  using typename Base::size_type;
  using typename Base::value_type;

  T& operator[](std::size_t index) { return Base::operator[](index); }
  const T& operator[](std::size_t index) const {
    if (ReadLog* log = ReadLog::current()) log->note(index);
    return Base::operator[](index);
  }
  T& front() { return Base::front(); }
  const T& front() const { return (*this)[0]; }
  iterator begin() { return Base::begin(); }
  iterator end() { return Base::end(); }
  const_iterator begin() const {
    if (ReadLog* log = ReadLog::current()) log->note_everything();
    return Base::begin();
  }
  const_iterator end() const { return Base::end(); }
  // Where an element of this list stands.
  std::size_t index_of(const T& element) const { return static_cast<std::size_t>(&element - Base::data()); }
};

}  // namespace meshsim::models
