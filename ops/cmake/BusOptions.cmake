# One INTERFACE target holds how every file of the tree is compiled.
set(BUS_SANITIZE "" CACHE STRING "value of -fsanitize=, empty for none")
option(BUS_WERROR "warnings are errors" OFF)
option(BUS_FUZZ "libFuzzer programs of tests/fuzz (clang)" OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_program(BUS_CCACHE ccache)
if(BUS_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${BUS_CCACHE})
endif()
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
add_library(bus_options INTERFACE)
target_compile_definitions(bus_options INTERFACE _GNU_SOURCE
  LIANOU_VERSION="${PROJECT_VERSION}")
target_include_directories(bus_options INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(bus_options INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
  -Wformat=2 -Wundef -Wpointer-arith -Wcast-align
  -fno-common -fvisibility=hidden
  -Werror=implicit-function-declaration -Werror=incompatible-pointer-types
  -Werror=int-conversion -Werror=return-type
  $<$<BOOL:${BUS_WERROR}>:-Werror>)
if(BUS_SANITIZE)
  target_compile_options(bus_options INTERFACE
    -fsanitize=${BUS_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(bus_options INTERFACE -fsanitize=${BUS_SANITIZE})
else()
  # The folder it was built in leaves no trace, be its paths whole or relative to
  # the build folder, as a compiler's cache writes them.
  file(RELATIVE_PATH up ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
  target_compile_options(bus_options INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=>
    $<$<NOT:$<CONFIG:Debug>>:-ffile-prefix-map=${up}=>)
  # What runs is hardened (tests/package/hardened.sh reads it).
  target_compile_options(bus_options INTERFACE -fstack-protector-strong
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  check_c_compiler_flag(-fcf-protection BUS_HAVE_CET)
  if(BUS_HAVE_CET)
    target_compile_options(bus_options INTERFACE -fcf-protection)
  endif()
  target_link_options(bus_options INTERFACE -Wl,-z,relro,-z,now)
endif()
if(BUS_FUZZ)
  target_compile_options(bus_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_libraries(bus_options INTERFACE Threads::Threads)
