# Warnings are errors; hardening flags are part of the promise (RELIABILITY: R26), not an option.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 on inlined std::string and fmt code (GCC PR 105651, 105329).
  add_compile_options(-Wno-restrict -Wno-stringop-overflow)
endif()
# simdjson, the CRC and the hash functions use these; every x86-64 server since 2013 has them.
set(ADBACUS_ARCH "x86-64-v3" CACHE STRING "value of -march")
add_compile_options(-march=${ADBACUS_ARCH} -fno-omit-frame-pointer)
add_compile_options(-fstack-protector-strong -fcf-protection)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-pie -Wl,-z,relro,-z,now)

set(ADBACUS_SANITIZE "" CACHE STRING "address, thread or empty")
if(ADBACUS_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(ADBACUS_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
# Asserts guard invariants on data and stay on in every build.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELWITHDEBINFO}")
