#include "objects/testing/contract.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace adbacus {
namespace {

std::vector<std::string> names_of(ObjectStore& store, const std::string& prefix) {
  std::vector<std::string> names;
  auto found = store.list(prefix);
  EXPECT_TRUE(found) << found.error().message;
  if (!found) return names;
  for (const ObjectInfo& object : *found) names.push_back(object.name);
  return names;
}

void check_content(ObjectStore& store) {
  const std::string bytes("a\0b\xff", 4);
  ASSERT_TRUE(store.put("deep/er/one", bytes));
  EXPECT_EQ(*store.get("deep/er/one"), bytes);
  EXPECT_EQ(store.info("deep/er/one")->bytes, 4U);
  ASSERT_TRUE(store.put("deep/er/one", "replaced by something longer"));
  EXPECT_EQ(*store.get("deep/er/one"), "replaced by something longer");
  ASSERT_TRUE(store.put("deep/er/one", ""));
  EXPECT_EQ(*store.get("deep/er/one"), "");

  std::string large;
  for (int i = 0; i < 300'000; ++i) large += static_cast<char>(i * 7);
  ASSERT_TRUE(store.put("large", large));
  EXPECT_EQ(*store.get("large"), large);
  EXPECT_EQ(*store.get_range("large", 100'000, 50), large.substr(100'000, 50));
  EXPECT_EQ(*store.get_range("large", 299'990, 50), large.substr(299'990));
  EXPECT_EQ(*store.get_range("large", 300'000, 50), "");
  EXPECT_EQ(*store.get_range("large", 9'000'000, 50), "");
}

void check_absent(ObjectStore& store) {
  EXPECT_EQ(store.get("no/such").error().code, ErrorCode::not_found);
  EXPECT_EQ(store.get_range("no/such", 0, 1).error().code, ErrorCode::not_found);
  EXPECT_EQ(store.info("nothing").error().code, ErrorCode::not_found);
  EXPECT_TRUE(store.remove("no/such"));
  EXPECT_TRUE(names_of(store, "no/such/").empty());
}

void check_names(ObjectStore& store) {
  for (const char* name :
       {"", "/abs", "a//b", "a/", "..", "a/../b", "./a", "a/.", "a\\b", "a\nb"}) {
    EXPECT_EQ(store.put(name, "x").error().code, ErrorCode::invalid_argument) << name;
    EXPECT_EQ(store.get(name).error().code, ErrorCode::invalid_argument) << name;
    EXPECT_EQ(store.remove(name).error().code, ErrorCode::invalid_argument) << name;
  }
  EXPECT_EQ(store.list("../").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(store.put(std::string(513, 'x'), "x").error().code, ErrorCode::invalid_argument);
}

void check_listing(ObjectStore& store) {
  for (const char* name : {"list/b", "list/a/2", "list/a/1", "list/ab", "listing"})
    ASSERT_TRUE(store.put(name, "12345"));
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of(store, "list/"), (Names{"list/a/1", "list/a/2", "list/ab", "list/b"}));
  EXPECT_EQ(names_of(store, "list/a"), (Names{"list/a/1", "list/a/2", "list/ab"}));
  EXPECT_EQ(names_of(store, "list/a/"), (Names{"list/a/1", "list/a/2"}));
  EXPECT_EQ(names_of(store, "listin"), (Names{"listing"}));
  EXPECT_EQ(store.list("list/b")->at(0).bytes, 5U);
  ASSERT_TRUE(store.remove("list/a/1"));
  ASSERT_TRUE(store.remove("list/a/1"));
  EXPECT_EQ(names_of(store, "list/a/"), (Names{"list/a/2"}));
}

void check_threads(ObjectStore& store) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string name = "threads/" + std::to_string(i % 3) + "/" + std::to_string(t);
        EXPECT_TRUE(store.put(name, std::to_string(i)));
        EXPECT_EQ(*store.get(name), std::to_string(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(names_of(store, "threads/").size(), 12U);
}

}  // namespace

void check_object_store_contract(ObjectStore& store) {
  EXPECT_TRUE(names_of(store, "").empty());
  check_content(store);
  check_absent(store);
  check_names(store);
  check_listing(store);
  check_threads(store);
}

}  // namespace adbacus
