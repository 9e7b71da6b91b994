# bus_library(NAME [DEPS lib...] [PKG pkg-config-module...] [LIBS lib...])
# Makes the static library NAME of every *.c in the current folder (not below).
# DEPS are rooms (their headers and their link order), PKG outside libraries.
function(bus_library name)
  cmake_parse_arguments(A "" "" "DEPS;PKG;LIBS;SOURCES" ${ARGN})
  file(GLOB srcs CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
  add_library(${name} STATIC ${srcs} ${A_SOURCES})
  target_link_libraries(${name} PUBLIC bus_options ${A_DEPS})
  foreach(p ${A_PKG})
    string(MAKE_C_IDENTIFIER "PKG_${p}" v)
    pkg_check_modules(${v} REQUIRED IMPORTED_TARGET GLOBAL ${p})
    target_link_libraries(${name} PUBLIC PkgConfig::${v})
  endforeach()
  target_link_libraries(${name} PUBLIC ${A_LIBS})
endfunction()

# bus_test(NAME SOURCES file... [DEPS lib...] [LABELS label...] [ARGS ...])
# A cmocka program that is a ctest test of the same name.
function(bus_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;DEPS;LABELS;ARGS;ENV" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  if(NOT TARGET PkgConfig::CMOCKA)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET GLOBAL cmocka)
  endif()
  target_link_libraries(${name} PRIVATE ${A_DEPS} bus_options PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name} ${A_ARGS})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 1200) # ends what hangs; the machine may be ten times slower
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS}"
    TIMEOUT ${A_TIMEOUT} ENVIRONMENT "LIANOU_SOURCE=${PROJECT_SOURCE_DIR};${A_ENV}")
endfunction()

# Adds a folder that may not be there yet (a room is its folder).
function(bus_optional_subdirectory dir)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${dir}/CMakeLists.txt")
    add_subdirectory(${dir})
  endif()
endfunction()

# Every folder below the current one that has a CMakeLists.txt.
function(bus_subdirectories)
  file(GLOB dirs CONFIGURE_DEPENDS LIST_DIRECTORIES true
    "${CMAKE_CURRENT_SOURCE_DIR}/*")
  foreach(d ${dirs})
    if(EXISTS "${d}/CMakeLists.txt")
      add_subdirectory("${d}")
    endif()
  endforeach()
endfunction()

# bus_role_library(NAME ...): a producer's or consumer's folder; as bus_library, and
# the program links it.
function(bus_role_library name)
  bus_library(${name} ${ARGN})
  set_property(GLOBAL APPEND PROPERTY BUS_ROLES ${name})
endfunction()

# bus_fuzz(WHAT [DEPS lib...] [SOURCES file...] [ALSO folder...]):
# tests/fuzz/fuzz_<what>.c with the seeds of seeds/<what> and of the folders
# ALSO. With BUS_FUZZ a libFuzzer program (target fuzz_all), else the ctest test
# fuzz_replay_<what>.
function(bus_fuzz what)
  cmake_parse_arguments(A "" "" "DEPS;SOURCES;ALSO" ${ARGN})
  set(name fuzz_${what})
  set(seeds ${CMAKE_CURRENT_SOURCE_DIR}/seeds/${what} ${A_ALSO})
  add_executable(${name} fuzz_${what}.c ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${A_DEPS} bus_options)
  target_compile_definitions(${name} PRIVATE
    LIANOU_FUZZ_SOURCE="${PROJECT_SOURCE_DIR}")
  if(BUS_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    if(NOT TARGET fuzz_all)
      add_custom_target(fuzz_all)
    endif()
    add_dependencies(fuzz_all ${name})
    list(JOIN seeds "\n" lines)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.seeds "${lines}\n")
    return()
  endif()
  target_sources(${name} PRIVATE replay.c)
  add_test(NAME fuzz_replay_${what} COMMAND ${name}
    --cut ${CMAKE_CURRENT_SOURCE_DIR}/seeds/${what} --whole ${A_ALSO})
  set_tests_properties(fuzz_replay_${what} PROPERTIES LABELS replay TIMEOUT 1200)
endfunction()
