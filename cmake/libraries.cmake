# Third-party libraries: Debian packages, and what scripts/setup.sh fetches: DuckDB's shared library,
# uap-core's rules.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(GTest REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)

foreach(pair "xxhash:xxhash.h" "re2:re2/re2.h" "zstd:zstd.h" "sqlite3:sqlite3.h" "yaml-cpp:yaml-cpp/yaml.h" "simdjson:simdjson.h" "argon2:argon2.h" "maxminddb:maxminddb.h")
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 lib)
  list(GET pair 1 header)
  if(NOT TARGET ${lib})
    find_library(${lib}_LIBRARY ${lib} REQUIRED)
    find_path(${lib}_INCLUDE ${header} REQUIRED)
    add_library(${lib} INTERFACE IMPORTED)
    target_link_libraries(${lib} INTERFACE ${${lib}_LIBRARY})
    target_include_directories(${lib} SYSTEM INTERFACE ${${lib}_INCLUDE})
  endif()
endforeach()

# DuckDB's C API. The library is copied beside our binaries, which look for it in their own folder.
set(DUCKDB_DIR ${PROJECT_SOURCE_DIR}/.deps/duckdb)
if(NOT EXISTS ${DUCKDB_DIR}/libduckdb.so)
  message(FATAL_ERROR "${DUCKDB_DIR}/libduckdb.so is missing: run scripts/setup.sh")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION ${DUCKDB_DIR}/libduckdb.so
  IMPORTED_NO_SONAME OFF INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_DIR})
file(COPY ${DUCKDB_DIR}/libduckdb.so DESTINATION ${PROJECT_BINARY_DIR})
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_BUILD_RPATH "$ORIGIN")

# uap-core's rules as tables of C++, a source of the module enrich.
set(USER_AGENT_RULES ${PROJECT_SOURCE_DIR}/.deps/uap-core/regexes.yaml)
if(NOT EXISTS ${USER_AGENT_RULES})
  message(FATAL_ERROR "${USER_AGENT_RULES} is missing: run scripts/setup.sh")
endif()
set(AGENT_RULE_TABLES ${PROJECT_BINARY_DIR}/generated/agent_rule_tables.cpp)
add_custom_command(OUTPUT ${AGENT_RULE_TABLES}
  COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tools/agent_rule_tables.py ${USER_AGENT_RULES}
          ${AGENT_RULE_TABLES}
  DEPENDS ${PROJECT_SOURCE_DIR}/tools/agent_rule_tables.py ${USER_AGENT_RULES} VERBATIM)
