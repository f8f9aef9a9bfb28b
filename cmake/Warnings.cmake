# One interface target carries warnings and sanitizers; every room links it privately.
add_library(meshsim_flags INTERFACE)
target_compile_options(meshsim_flags INTERFACE -Wall -Wextra)
if(MESHSIM_WERROR)
  target_compile_options(meshsim_flags INTERFACE -Werror)
endif()
if(MESHSIM_BUILD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage of the rooms guides the fuzzers
endif()
if(MESHSIM_SANITIZE)
  add_compile_options(-fsanitize=${MESHSIM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MESHSIM_SANITIZE})
endif()
# libFuzzer follows what it can see: every room is instrumented, not the targets alone.
if(MESHSIM_BUILD_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
