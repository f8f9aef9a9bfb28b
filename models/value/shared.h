#pragma once
// Shared: a container that copies share until one of them is changed. Results hold the same labels and outcomes many
// times over; a copy costs a pointer. Thread safety: that of the container itself, each copy on its own.
#include <memory>
#include <utility>

namespace meshsim::models {

template <typename Container>
class Shared {
 public:
  Shared() = default;
  Shared(Container value)
      : value_(std::make_shared<Container>(std::move(value))) {}  // NOLINT(google-explicit-constructor)
  Shared(std::initializer_list<typename Container::value_type> values) : Shared(Container(values)) {}

  const Container& get() const {
    static const Container kEmpty;
    return value_ ? *value_ : kEmpty;
  }
  operator const Container&() const { return get(); }  // NOLINT(google-explicit-constructor)
  // The container to change; a copy of its own where it was shared.
  Container& edit() {
    if (!value_ || value_.use_count() > 1) value_ = std::make_shared<Container>(get());
    return *value_;
  }
  // The very same container: equal without being looked at.
  bool same_as(const Shared& other) const { return value_ == other.value_; }

  auto begin() const { return get().begin(); }
  auto end() const { return get().end(); }
  auto size() const { return get().size(); }
  bool empty() const { return get().empty(); }
  const auto& front() const { return get().front(); }
  const auto& back() const { return get().back(); }
  const auto& operator[](std::size_t index) const { return get()[index]; }
  template <typename Key>
  auto find(const Key& key) const {
    return get().find(key);
  }
  template <typename Key>
  bool contains(const Key& key) const {
    return get().contains(key);
  }
  template <typename Key>
  const auto& at(const Key& key) const {
    return get().at(key);
  }
  friend bool operator==(const Shared& a, const Shared& b) { return a.same_as(b) || a.get() == b.get(); }

 private:
  std::shared_ptr<Container> value_;
};

}  // namespace meshsim::models
