#!/usr/bin/env bash
#
# Everything that is done with this repository from the command line. ./build.sh help lists the verbs.
#
# A verb is a function verb_<name>; the comment "##" above it is its line in the help. A verb that needs
# Debian packages names them with require_packages.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly root
readonly solution=PmemStream.Interop.sln
readonly coverage=$root/build/coverage
readonly suite_hang_limit=150s
readonly suite_time_limit=300

# What is built and tested, and where the results go; "coverage" changes all of it.
preset=release
configuration=Release
results=$root/build/test-results
test_arguments=()
# What stands in front of a program that runs tests; and the library in it by which syncs do nothing (skip_syncs).
test_prefix=()
sync_skipper=

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

# ---------------------------------------------------------------------------------------------------
# Helpers
# ---------------------------------------------------------------------------------------------------

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 2
}

jobs_count() {
    nproc 2>/dev/null || echo 2
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o Acquire::Retries=3 "$@"
}

# Installs those of the named Debian packages that are missing: by itself as root, else it says how.
# On a system without dpkg it leaves the matter to cmake, which names whatever it does not find.
require_packages() {
    local package missing=()

    command -v dpkg-query >/dev/null || return 0
    for package in "$@"; do
        if [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) != ii* ]]; then
            missing+=("$package")
        fi
    done
    ((${#missing[@]})) || return 0

    if ((EUID != 0)); then
        printf 'sudo apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
        exit 2
    fi
    say "Installing ${missing[*]}"
    # The package lists of a fresh machine are empty or old: renew them when the first try fails.
    apt_install "${missing[@]}" >/dev/null 2>&1 || {
        apt-get update -q
        apt_install "${missing[@]}"
    }
}

# The packages behind the compiler, make and cmake, where there is no such command yet.
require_native_toolchain() {
    local packages=(libc6-dev libpmem-dev libxxhash-dev)

    command -v cc >/dev/null || packages+=(gcc)
    command -v cmake >/dev/null || packages+=(cmake)
    command -v make >/dev/null || packages+=(make)
    require_packages "${packages[@]}" "$@"
}

require_dotnet() {
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
}

# From here on syncs do nothing in tests. For a verb that runs the tests again to see something else than whether the disk is
# asked: how long a shared disk takes would be most of its time.
skip_syncs() {
    require_packages libeatmydata1
    # Elsewhere than on Debian it may be missing, and the disk is waited for.
    sync_skipper=$(find /usr/lib -name libeatmydata.so.1 -print -quit)
    [[ -z $sync_skipper ]] || test_prefix=(env "LD_PRELOAD=$sync_skipper")
}

# build_native [CMAKE-ARGUMENT...]   The library lands in build/<preset>.
build_native() {
    say "Native core ($preset)"
    (cd "$root" && cmake --preset "$preset" "$@" && cmake --build --preset "$preset" --parallel "$(jobs_count)")
}

# build_dotnet PROJECT-OR-SOLUTION [ARGUMENT...]
build_dotnet() {
    require_dotnet
    say ".NET ($1)"
    (cd "$root" && dotnet build "$1" --configuration "$configuration" --nologo --verbosity quiet "${@:2}")
}

# ---------------------------------------------------------------------------------------------------
# Counting test results
#
# Each suite leaves its log and a file <suite>.count with "passed failed" in $results.
# ---------------------------------------------------------------------------------------------------

# record_suite NAME PASSED FAILED   A suite without any result has failed.
record_suite() {
    local name=$1 passed=$2 failed=$3

    if ((passed + failed == 0)); then
        printf '  FAILED %s: it produced no results\n' "$name"
        failed=1
    fi
    printf '%s %s\n' "$passed" "$failed" >"$results/$name.count"
    printf '  %s: %d passed, %d failed\n' "$name" "$passed" "$failed"
}

# The sums over all suites, as "passed failed".
sum_suites() {
    cat "$results"/*.count 2>/dev/null | awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }'
}

# run_native_tests NAME [CTEST-ARGUMENT...]   What ctest knows of build/<preset>; the arguments choose from it.
run_native_tests() {
    local name=$1 log=$results/$1.log status=0 passed failed
    shift

    say "Native tests ($name)"
    (cd "$root/build/$preset" && "${test_prefix[@]}" ctest --verbose --parallel "$(jobs_count)" --no-tests=error "$@") \
        >"$log" 2>&1 || status=$?
    awk -f "$root/tests/count-native.awk" "$log" >"$results/$name.txt"
    grep '^ ' "$results/$name.txt" || true
    read -r passed failed < <(tail -n 1 "$results/$name.txt")
    if ((status != 0 && failed == 0)); then
        printf '  FAILED ctest: exit code %d, see %s\n' "$status" "$log"
        failed=1
    fi
    record_suite "$name" "$passed" "$failed"
}

# unfinished_tests FOLDER   The tests that were running when the test process of a suite died, one a line.
unfinished_tests() {
    find "$1" -name 'Sequence_*.xml' -exec cat {} + |
        sed -n 's/.* DisplayName="\([^"]*\)".*Completed="False".*/\1/p' | sort -u
}

# The process group of the suite that runs now, if any.
suite_group=

end_suite_group() {
    [[ -z $suite_group ]] || kill -KILL -- "-$suite_group" 2>/dev/null || true
    suite_group=
}

# run_dotnet_suite PROJECT FRAMEWORK
run_dotnet_suite() {
    local project=$1 framework=$2 name folder log status=0 passed=0 failed=0 test
    name=$(basename "$project" .csproj).$framework
    folder=$results/$name
    log=$results/$name.log

    say "$name"
    # timeout leads a process group of its own, by which whatever a hung test left behind is ended.
    (cd "$root" && exec timeout --kill-after=10 "$suite_time_limit" \
        "${test_prefix[@]}" dotnet test "$project" --configuration "$configuration" --framework "$framework" --no-build --nologo \
        --logger "trx;LogFileName=results.trx" --results-directory "$folder" \
        --blame-hang-timeout "$suite_hang_limit" --blame-hang-dump-type none \
        "${test_arguments[@]}") </dev/null >"$log" 2>&1 &
    suite_group=$!
    wait "$suite_group" || status=$?
    end_suite_group

    if [[ -f $folder/results.trx ]]; then
        awk -f "$root/tests/count-dotnet.awk" "$folder/results.trx" >"$results/$name.txt"
        grep '^ ' "$results/$name.txt" || true
        read -r passed failed < <(tail -n 1 "$results/$name.txt")
    fi
    if ((status == 124)) || grep -qE 'Catastrophic failure|Test Run Aborted' "$log"; then
        while IFS= read -r test; do
            printf '  FAILED %s: the test process died, hung or was too slow\n' "$test"
            failed=$((failed + 1))
        done < <(unfinished_tests "$folder" | grep . || echo "$name")
    elif ((status != 0 && failed == 0)); then
        printf '  FAILED %s: exit code %d, see %s\n' "$name" "$status" "$log"
        tail -n 20 "$log"
        failed=1
    fi
    record_suite "$name" "$passed" "$failed"
}

# The test projects of the solution, one a line, relative to the root.
list_test_projects() {
    grep -o '"[^"]*\.Tests\.csproj"' "$root/$solution" | tr -d '"\r' | tr '\134' '/'
}

# list_frameworks PROJECT   What it targets, one a line.
list_frameworks() {
    sed -n 's:.*<TargetFrameworks*>\(.*\)</TargetFrameworks*>.*:\1:p' "$root/$1" | tr ';' '\n'
}

run_dotnet_tests() {
    local project framework

    for project in $(list_test_projects); do
        for framework in $(list_frameworks "$project"); do
            run_dotnet_suite "$project" "$framework"
        done
    done
}

# The test projects that refer to a project in src.
list_test_projects_of_library() {
    local project

    for project in $(list_test_projects); do
        ! grep -q '<ProjectReference Include="../../src/' "$root/$project" || echo "$project"
    done
}

# run_dotnet_tests_on_preset PROJECT...   On the library of $preset, in folders of $configuration. The same code for every
# framework, so one is enough.
run_dotnet_tests_on_preset() {
    local project framework

    for project in "$@"; do
        framework=$(list_frameworks "$project" | head -n 1)
        build_dotnet "$project" --framework "$framework" "-p:PmsNativePreset=$preset"
        run_dotnet_suite "$project" "$framework"
    done
}

# The last line of verb_test and verb_sanitize, whatever happened before: a build that broke is one failure.
finish_tests() {
    local status=$? passed failed

    end_suite_group
    read -r passed failed < <(sum_suites)
    if ((status != 0 && failed == 0)); then
        failed=1
    fi
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    if ((status == 0 && (failed > 0 || passed == 0))); then
        status=1
    fi
    exit "$status"
}

# ---------------------------------------------------------------------------------------------------
# Coverage
#
# C by gcov, counted by the native tests and by the .NET tests, which run on the instrumented library.
# C# by coverlet, which instruments the tool in its own folder, too, and so counts what the processes do
# that the tests start. Measured are the test projects that refer to a project in src.
# ---------------------------------------------------------------------------------------------------

measure_native() {
    build_native -DPMS_BUILD_TESTS=ON
    # test_corruption takes minutes when nothing is optimised, and test_corruption_many runs the same lines.
    run_native_tests native --exclude-regex '^test_corruption$'
}

measure_dotnet() {
    local folder=$root/src/PmemStream.Cli/bin/$configuration/net10.0

    test_arguments=(--collect "XPlat Code Coverage" --settings "$root/tests/coverage/coverlet.runsettings"
        -- "DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.IncludeDirectory=$folder")
    # shellcheck disable=SC2046 # one argument each
    run_dotnet_tests_on_preset $(list_test_projects_of_library)
}

# One report of everything in $coverage: index.html, Summary.txt, Summary.json.
write_coverage_report() {
    say "Coverage"
    (cd "$root" &&
        gcovr --root . --filter native/src/ --object-directory "build/$preset" --cobertura "$coverage/native.xml" \
            "build/$preset" &&
        dotnet tool restore --verbosity quiet &&
        dotnet reportgenerator "-reports:$coverage/native.xml;$results/*/*/coverage.cobertura.xml" \
            "-targetdir:$coverage" "-reporttypes:Html;TextSummary;JsonSummary" \
            "-title:PmemStream.Interop" -verbosity:Warning)
}

# ---------------------------------------------------------------------------------------------------
# Packages
# ---------------------------------------------------------------------------------------------------

readonly package_feed=$root/build/packages
readonly pack_folder=$root/build/pack

# require_arm64_toolchain [PACKAGE...]   The cross-compiler, and libpmem for that processor from the same Debian.
require_arm64_toolchain() {
    if command -v dpkg >/dev/null && ! dpkg --print-foreign-architectures | grep -qx arm64 &&
        [[ $(dpkg --print-architecture) != arm64 ]]; then
        ((EUID == 0)) || die "as root: dpkg --add-architecture arm64 && apt-get update"
        dpkg --add-architecture arm64
        apt-get update -q
    fi
    require_native_toolchain gcc-aarch64-linux-gnu libc6-dev-arm64-cross libpmem-dev:arm64 "$@"
}

require_mingw_toolchain() {
    require_native_toolchain gcc-mingw-w64-x86-64
}

# pack_native PRESET RID FILE TOOL-PREFIX   What is shipped for RID, without its debug information, which is kept beside.
pack_native() {
    local folder=$pack_folder/runtimes/$2/native debug=$pack_folder/debug/$2

    preset=$1
    build_native -DPMS_BUILD_TESTS=OFF
    mkdir -p "$folder" "$debug"
    "$4objcopy" --only-keep-debug "$root/build/$1/$3" "$debug/$3.debug"
    # Keeping dates keeps the one inside of a DLL, too, which is else the time of stripping.
    "$4strip" --preserve-dates --strip-unneeded -o "$folder/$3" "$root/build/$1/$3"
    chmod 644 "$folder/$3"
}

# pack_dotnet PROJECT [ARGUMENT...]   In folders of its own: it has other native libraries than the usual build.
pack_dotnet() {
    say "Package of $1"
    (cd "$root" && dotnet pack "$1" --configuration Release --artifacts-path "$pack_folder/dotnet" \
        --output "$package_feed" --nologo --verbosity quiet "-p:PmsPackFolder=$pack_folder" "${@:2}")
}

# pack_repository   The address of the sources goes into the packages where it is one that others can reach.
pack_repository() {
    local address

    address=$(git -C "$root" remote get-url origin 2>/dev/null) || return 0
    [[ ! $address =~ ^(https|git|ssh)://|^git@ ]] || printf '%s\n' -p:PublishRepositoryUrl=true
}

# ---------------------------------------------------------------------------------------------------
# Sanitizers
#
# Each part runs controls, too: programs that are wrong on purpose and have to be reported (tests/sanitize).
# ---------------------------------------------------------------------------------------------------

# The sanitizers of gcc 12 and clang 14 keep their own memory at fixed addresses, which a kernel that scatters mappings
# over more than 28 bits may have taken before. So the verb starts itself again with fixed addresses, where that is allowed.
fix_addresses() {
    local without_scatter=0x40000 bits personality

    personality=$(cat /proc/self/personality 2>/dev/null || echo 0)
    ((!(16#$personality & without_scatter))) || return 0
    if setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null; then
        exec setarch "$(uname -m)" --addr-no-randomize "$root/build.sh" sanitize
    fi
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)
    ((bits <= 28)) || die "sanitize: vm.mmap_rnd_bits is $bits, expected at most 28, and setarch -R is not allowed here. \
Allow it (in a container: --security-opt seccomp=unconfined), or: sysctl -w vm.mmap_rnd_bits=28"
}

# sanitize_native PRESET SUITE [CTEST-ARGUMENT...]
sanitize_native() {
    preset=$1
    build_native -DPMS_BUILD_TESTS=ON
    run_native_tests "${@:2}"
}

# The .NET tests of the library, on that of the asan preset. .NET is not built with the sanitizer, so its run-time is loaded
# before everything else, in the processes of the tests alone; and it has to leave signals to .NET, which turns some into
# exceptions. .NET frees little at its end, so leaks are not looked for: the native tests do that.
sanitize_dotnet() {
    local runtime options=detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:use_sigaltstack=0
    local program=$root/tests/PmemStream.Interop.Tests/bin/Sanitize/net10.0/PmemStream.Interop.Tests status=0 log

    preset=asan configuration=Sanitize
    runtime=$(ldd "$root/build/asan/libpmemstream_core.so" | awk '/lib(clang_rt\.)?asan/ { print $3 }')
    [[ -f $runtime ]] || die "sanitize: build/asan/libpmemstream_core.so names no run-time of AddressSanitizer"
    test_arguments=(--environment "LD_PRELOAD=$runtime:$sync_skipper" --environment "ASAN_OPTIONS=$options")
    run_dotnet_tests_on_preset tests/PmemStream.Interop.Tests/PmemStream.Interop.Tests.csproj

    say "Control (.NET)"
    log=$results/control_dotnet.log
    sh "$root/tests/sanitize/expect_report.sh" control_dotnet_over_read \
        "AddressSanitizer: heap-buffer-overflow" "in pms_region_append .*native/src/" -- \
        env "LD_PRELOAD=$runtime" "ASAN_OPTIONS=$options" "$program" --child over-read "$results/over-read.pms" \
        >"$log" || status=1
    grep -v '^ok\|^1' "$log" || true
    record_suite control_dotnet $((1 - status)) "$status"
}

# ---------------------------------------------------------------------------------------------------
# Lint
# ---------------------------------------------------------------------------------------------------

lint_passed=0
lint_failed=0

# lint NAME COMMAND [ARGUMENT...]   One check; all are made, also when one has failed.
lint() {
    local name=$1
    shift

    say "$name"
    if (cd "$root" && "$@"); then
        lint_passed=$((lint_passed + 1))
    else
        printf '  FAILED %s\n' "$name"
        lint_failed=$((lint_failed + 1))
    fi
}

# for_c_files COMMAND [ARGUMENT...]   With all C files of the core and of its tests behind it.
for_c_files() {
    (cd "$root" && find native tests/native tests/bench tests/crash tests/dax tests/fuzz tests/sanitize tests/windows -name '*.[ch]' -print0 | sort -z | xargs -0 "$@")
}

# Each file but error.c behind what clang-tidy needs to know of error.c: tests/lint/analyzer_model.h says why.
# The files of Windows are left to the compiler: clang finds no <windows.h> on Linux.
lint_clang_tidy() {
    local tidy=(clang-tidy -p "build/$preset" --quiet) status=0

    {
        find native/src -name '*.c' ! -name error.c ! -name '*_windows.c' -print0 | sort -z |
            xargs -0 -P "$(jobs_count)" -n 4 "${tidy[@]}" \
                --extra-arg=-include "--extra-arg=$root/tests/lint/analyzer_model.h" || status=1
        "${tidy[@]}" native/src/error.c || status=1
    } 2> >(grep -vE '^[0-9]+ warnings? ' >&2)
    return "$status"
}

lint_cppcheck() {
    cppcheck --project="build/$preset/compile_commands.json" -i tests --std=c11 --quiet --inline-suppr \
        --enable=warning,style,performance,portability --inconclusive \
        --suppressions-list=tests/lint/cppcheck-suppressions.txt --error-exitcode=1
}

lint_shell() {
    find build.sh .ci/run tests \( -name bin -o -name obj \) -prune -o \( -name '*.sh' -o -path .ci/run \) -print0 |
        xargs -0 shellcheck
}

# ---------------------------------------------------------------------------------------------------
# Verbs
# ---------------------------------------------------------------------------------------------------

## build the native library, the .NET library, the tool and the tests
verb_build() {
    require_native_toolchain
    build_native -DPMS_BUILD_TESTS=OFF
    build_dotnet "$solution"
}

## [FILE]: append FILE line by line, kill the writer, recover, and show that nothing was lost
verb_demo() {
    require_native_toolchain
    build_native -DPMS_BUILD_TESTS=OFF
    build_dotnet tests/PmemStream.Demo/PmemStream.Demo.csproj
    say "Demo"
    dotnet "$root/tests/PmemStream.Demo/bin/Release/net10.0/PmemStream.Demo.dll" "$@"
}

## build and run all tests; the last line says how many passed and failed
verb_test() {
    rm -rf "$results"
    mkdir -p "$results"
    trap finish_tests EXIT

    require_native_toolchain libcmocka-dev
    build_native -DPMS_BUILD_TESTS=ON
    build_dotnet "$solution"
    run_native_tests native
    run_dotnet_tests
}

## the native tests for 64-bit ARM, under QEMU, less those that it prints with the reason
verb_test-arm64() {
    results=$root/build/test-arm64
    rm -rf "$results"
    mkdir -p "$results"
    trap finish_tests EXIT

    require_arm64_toolchain libcmocka-dev:arm64 qemu-user-static
    preset=linux-arm64
    build_native -DPMS_BUILD_TESTS=ON
    run_native_tests native-arm64 --label-regex '^emulated$'
}

## the NuGet packages, in build/packages: the library with the native code of all systems, its symbols, and the tool
verb_pack() {
    local options=()

    require_dotnet
    require_arm64_toolchain
    require_mingw_toolchain
    rm -rf "$package_feed" "$pack_folder/runtimes" "$pack_folder/debug" "$pack_folder/dotnet"
    mkdir -p "$package_feed"
    pack_native release linux-x64 libpmemstream_core.so ""
    pack_native linux-arm64 linux-arm64 libpmemstream_core.so aarch64-linux-gnu-
    pack_native mingw win-x64 pmemstream_core.dll x86_64-w64-mingw32-
    mapfile -t options < <(pack_repository)
    pack_dotnet src/PmemStream.Interop/PmemStream.Interop.csproj "${options[@]}"
    pack_dotnet src/PmemStream.Cli/PmemStream.Cli.csproj "${options[@]}"
    say "Packed"
    (cd "$package_feed" && ls -l ./*.nupkg ./*.snupkg)
}

## [--packed] [CHECK...]: pack, unless packed already, then use the packages as others would: from a feed, also under Wine
verb_test-package() {
    if [[ ${1:-} == --packed ]]; then
        shift
        [[ -n $(find "$package_feed" -name '*.nupkg' 2>/dev/null) ]] || die "test-package: there are no packages in $package_feed"
        require_mingw_toolchain
    else
        verb_pack
    fi
    require_packages unzip wine64 wine binutils
    "$root/tests/package/run.sh" "$package_feed" "$@"
}

# generate_bindings FOLDER   Runs the generator on FOLDER/generate.rsp: the real one where it is installed, else ours.
generate_bindings() {
    local generator=$root/bindings/Generator

    if command -v ClangSharpPInvokeGenerator >/dev/null; then
        (cd "$1" && ClangSharpPInvokeGenerator @generate.rsp)
        return
    fi
    require_dotnet
    command -v clang-14 >/dev/null || command -v clang >/dev/null || require_packages clang-14
    dotnet build "$generator" --configuration Release --nologo --verbosity quiet
    (cd "$1" && dotnet "$generator/bin/Release/net10.0/PmemStream.Bindings.Generator.dll" @generate.rsp)
}

## [--check]: write the P/Invoke declarations anew; with --check fail when they differ from the committed ones
verb_bindings() {
    local scratch=$root/build/bindings-check output=bindings/Generated/NativeMethods.g.cs

    case ${1:-} in
        "")
            generate_bindings "$root/bindings"
            ;;
        --check)
            rm -rf "$scratch"
            mkdir -p "$scratch/bindings/Generated" "$scratch/native"
            cp "$root/bindings/generate.rsp" "$root/bindings/header.txt" "$scratch/bindings/"
            cp -r "$root/native/include" "$scratch/native/"
            generate_bindings "$scratch/bindings"
            diff -u "$root/$output" "$scratch/$output" ||
                die "$output is not what the header gives: ./build.sh bindings writes it anew"
            say "$output is what the header gives"
            ;;
        *)
            die "bindings: expected nothing or --check, found '$1'"
            ;;
    esac
}

# run_crash_programs FOLDER   All operations and all controls, as many at a time as there are processors. Their logs are
# named in FOLDER/logs.
run_crash_programs() {
    local folder=$1 programs=$root/build/$preset/tests/crash operation

    : >"$folder/commands"
    while IFS= read -r operation; do
        printf '%s\n' "$folder/$operation.log" >>"$folder/logs"
        printf '%s crash_explorer --operation %s\n' "$operation" "$operation" >>"$folder/commands"
    done < <("$programs/crash_explorer" --list)
    printf '%s\n' "$folder/controls.log" >>"$folder/logs"
    printf 'controls crash_controls\n' >>"$folder/commands"
    # shellcheck disable=SC2016 # the inner shell expands it
    xargs -P "$(jobs_count)" -L 1 sh -c '
        log=$0/$2.log program=$1/$3
        shift 3
        "$program" "$@" >"$log" 2>&1 || printf "# exit code %d\n" $? >>"$log"
    ' "$folder" "$programs" <"$folder/commands"
}

# run_crash_deep FOLDER MINUTES   New seeds, one program for each processor.
run_crash_deep() {
    local folder=$1 minutes=$2 program=$root/build/$preset/tests/crash/crash_explorer i seed

    for ((i = 1; i <= $(jobs_count); i++)); do
        seed=$((RANDOM * 32768 + RANDOM))
        printf '%s\n' "$folder/deep-$i.log" >>"$folder/logs"
        "$program" --seed "$seed" --deep "$minutes" >"$folder/deep-$i.log" 2>&1 &
    done
    wait
}

# Prints the logs; then, as the last line, how many passed and failed. A program that was cut off has failed.
count_crash_results() {
    awk '
        function end_file() {
            if (file != "" && (planned == "" || planned + 0 != seen))
                { printf "  FAILED %s: it did not come to its end\n", file; failed++ }
            planned = ""; seen = 0
        }
        FNR == 1 { end_file(); file = FILENAME }
        /^ok /     { passed++; seen++; if (FILENAME ~ /controls/) printf "  %s\n", $0 }
        /^not ok / { failed++; seen++; printf "  FAILED %s\n", $0 }
        /^1\.\./   { planned = substr($0, 4) }
        /^# [0-9]+ states$/ { total += $2; next }
        /^# /      { printf "    %s\n", substr($0, 3, 160) }
        END        { end_file(); printf "\n%d states\n%d passed, %d failed\n", total, passed, failed
                     exit !(failed == 0 && passed > 0) }
    ' "$@"
}

## [--deep MINUTES]: every state that a power cut or a kill can leave, and faults that must be found; --deep goes on
verb_crash() {
    local folder=$root/build/crash minutes=0 logs=()

    case ${1:-} in
        "") ;;
        --deep) minutes=${2:-} ;;
        *) die "crash: expected nothing or --deep MINUTES, found '$1'" ;;
    esac
    [[ $minutes =~ ^[0-9]+$ ]] || die "crash: MINUTES is a number, found '$minutes'"

    require_native_toolchain libcmocka-dev
    build_native -DPMS_BUILD_TESTS=ON
    rm -rf "$folder"
    mkdir -p "$folder"
    say "Crash states"
    run_crash_programs "$folder"
    ((minutes == 0)) || run_crash_deep "$folder" "$minutes"
    mapfile -t logs <"$folder/logs"
    count_crash_results "${logs[@]}"
}

# fuzz_variant NAME SECONDS   One target; prints how many inputs it ran, and how to replay one that failed.
fuzz_variant() {
    local name=$1 seconds=$2 folder=$root/build/fuzz program=$root/build/fuzz/tests/fuzz/fuzz_$1 log status=0 runs

    log=$folder/$name.log
    rm -rf "$folder/found-$name"
    mkdir -p "$folder/found-$name"
    # What is found goes to found-*; what crashed, hung or leaked, to build/fuzz/<variant>-crash-* and the like.
    "$program" -max_total_time="$seconds" -max_len=65536 -timeout=20 -print_final_stats=1 \
        -artifact_prefix="$folder/$name-" "$folder/found-$name" "$root/tests/fuzz/corpus" >"$log" 2>&1 || status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf '  %s: %s executions\n' "$name" "${runs:-0}"
    if ((status != 0)); then
        grep -vE '^#[0-9]+\s' "$log" | tail -n 40
        printf '  FAILED %s: see %s; replay: %s INPUT, where INPUT is what it wrote:\n' "$name" "$log" "$program"
        sed -n 's/.*Test unit written to /      /p' "$log"
        return 1
    fi
    ((${runs:-0} > 0))
}

## [--seconds N | --corpus]: hostile images from libFuzzer, N seconds in all (60); --corpus writes the seeds anew
verb_fuzz() {
    local seconds=60 passed=0 failed=0 variant

    case ${1:-} in
        "") ;;
        --seconds) seconds=${2:-} ;;
        --corpus) seconds=0 ;;
        *) die "fuzz: expected --seconds N or --corpus, found '$1'" ;;
    esac
    [[ $seconds =~ ^[0-9]+$ ]] || die "fuzz: expected a number of seconds, found '$seconds'"

    require_native_toolchain clang-14 libclang-rt-14-dev
    say "Fuzz targets"
    (cd "$root" && cmake --preset fuzz && cmake --build --preset fuzz --parallel "$(jobs_count)" \
        --target fuzz_raw fuzz_fixed_up fuzz_make_corpus)
    if [[ ${1:-} == --corpus ]]; then
        mkdir -p "$root/tests/fuzz/corpus"
        "$root/build/fuzz/tests/fuzz/fuzz_make_corpus" "$root/tests/fuzz/corpus"
        return
    fi
    say "Fuzzing for $seconds s"
    for variant in raw fixed_up; do
        if fuzz_variant "$variant" $(((seconds + 1) / 2)); then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}

## [--rounds N] [--seed S] | --replay FOLDER: writers killed at random moments, N rounds (24); a failed one once more
verb_kill() {
    local folder=$root/build/kill program=$root/tests/PmemStream.KillTests/bin/Release/net10.0/PmemStream.KillTests.dll
    local rounds=24 seed=() replay='' memory

    while (($#)); do
        case $1 in
            --rounds) rounds=${2:-} ;;
            --seed) seed=("${2:-}") ;;
            --replay) replay=${2:-} ;;
            *) die "kill: expected --rounds N, --seed S or --replay FOLDER, found '$1'" ;;
        esac
        [[ -n ${2:-} ]] || die "kill: $1 wants a value"
        shift 2
    done
    [[ $rounds =~ ^[1-9][0-9]*$ ]] || die "kill: expected a number of rounds, found '$rounds'"
    [[ ${seed[0]:-0} =~ ^[0-9]+$ ]] || die "kill: expected a number as seed, found '${seed[0]}'"

    require_native_toolchain
    build_native -DPMS_BUILD_TESTS=OFF
    build_dotnet tests/PmemStream.KillTests/PmemStream.KillTests.csproj
    if [[ -n $replay ]]; then
        dotnet "$program" replay "$replay"
        return
    fi
    [[ -d /dev/shm ]] || die "kill: one of the two media is a tmpfs, and there is no /dev/shm"
    memory=/dev/shm/pmemstream-kill-$$
    # shellcheck disable=SC2064 # the folder as it is now
    trap "rm -rf '$memory'" EXIT
    rm -rf "$folder"
    mkdir -p "$folder" "$memory"
    say "Kills: $rounds rounds"
    # A stream that cannot be opened to the end must not hold up everything else.
    timeout --foreground --kill-after=10 $((300 + 30 * rounds)) \
        dotnet "$program" run "$folder" "$memory" "$rounds" "${seed[@]}"
}

## [--entries N] [--seed S]: a writer and four readers that are killed and started again, over N entries (500000)
verb_followers() {
    local entries=500000 seed=() log=$root/build/followers.log control passed=0 failed=0

    while (($#)); do
        case $1 in
            --entries) entries=${2:-} ;;
            --seed) seed=(--seed "${2:-}") ;;
            *) die "followers: expected --entries N or --seed S, found '$1'" ;;
        esac
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "followers: $1 wants a number"
        shift 2
    done
    [[ -d /dev/shm ]] || die "followers: the streams lie on a tmpfs, and there is no /dev/shm"
    require_native_toolchain libcmocka-dev
    build_native -DPMS_BUILD_TESTS=ON
    say "Followers: $entries entries, and each control"
    for control in 0 1 2 3 4; do
        ((control)) && entries=3000
        # A reader that misses a wake-up, or a writer that waits for ever, must not hold up everything else.
        timeout --foreground --kill-after=10 $((120 + entries / 100)) \
            "$root/build/$preset/tests/native/follow_stress" --entries "$entries" --control "$control" "${seed[@]}" |
            tee "$log" || true
        if grep -q '^ok 1' "$log"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}

## [--lane NAME] [--rounds N] [--deep]: DAX, device-DAX, eADR and power cuts, on persistent memory that QEMU emulates
verb_test-dax() {
    local packages=(qemu-system-x86 busybox-static ndctl e2fsprogs xfsprogs xz-utils)

    require_native_toolchain libcmocka-dev
    # Where QEMU cannot be installed, the lanes fail, and run.sh says what is missing.
    (require_packages "${packages[@]}") || say "These packages could not be installed: ${packages[*]}"
    build_native -DPMS_BUILD_TESTS=ON
    build_dotnet src/PmemStream.Cli/PmemStream.Cli.csproj
    build_dotnet tests/PmemStream.Demo/PmemStream.Demo.csproj
    "$root/tests/dax/run.sh" "$@"
}

# build_benchmarks   The native programs of tests/bench; they land in build/<preset>/bench.
build_benchmarks() {
    require_native_toolchain libpmemlog-dev "$@"
    build_native -DPMS_BUILD_TESTS=OFF -DPMS_BUILD_BENCH=ON
}

# require_free FOLDER MEBIBYTES
require_free() {
    local free

    free=$(df --output=avail --block-size=1M "$1" | tail -n 1)
    ((free >= $2)) || die "bench: $1 has $free MiB free, and $2 are needed"
}

## [--quick | --trial]: measure beside the floor and the peers; without either, replace the results that README.md shows
verb_bench() {
    local kind=full folder=$root/tests/PmemStream.Benchmarks/results disk=$root/build/bench-disk memory limit=900

    case ${1:-} in
        "") ;;
        --quick | --trial)
            kind=${1#--} folder=$root/build/bench-${1#--} limit=300
            rm -rf "$folder"
            ;;
        *) die "bench: expected nothing, --quick or --trial, found '$1'" ;;
    esac

    build_benchmarks
    build_dotnet tests/PmemStream.Benchmarks/PmemStream.Benchmarks.csproj
    [[ $(stat -f -c %T /dev/shm 2>/dev/null) == tmpfs ]] ||
        die "bench: a tmpfs stands for persistent memory, and /dev/shm is none"
    rm -rf "$disk"
    mkdir -p "$disk"
    require_free /dev/shm 3072
    require_free "$disk" 1024
    memory=$(mktemp -d -p /dev/shm pmemstream-bench-XXXXXX)
    # shellcheck disable=SC2064 # the folders as they are now
    trap "rm -rf '$memory' '$disk'" EXIT
    say "Benchmarks ($kind)"
    timeout --foreground --kill-after=10 "$limit" \
        dotnet "$root/tests/PmemStream.Benchmarks/bin/Release/net10.0/PmemStream.Benchmarks.dll" \
        "$kind" "$memory" "$disk" "$root/build/$preset/bench" "$folder"
}

## [--update]: count the instructions of each operation, and compare with the committed counts; --update writes those anew
verb_instructions() {
    local folder=$root/build/instructions tests=$root/tests/bench passed=0 failed=0 part

    [[ -z ${1:-} || $1 == --update ]] || die "instructions: expected nothing or --update, found '$1'"
    build_benchmarks valgrind
    rm -rf "$folder"
    mkdir -p "$folder"
    say "Instructions"
    "$tests/instructions.sh" "$root/build/$preset/bench/bench_instructions" >"$folder/counts.txt"
    if [[ ${1:-} == --update ]]; then
        cp "$folder/counts.txt" "$tests/instructions.baseline"
        cat "$tests/instructions.baseline"
        return
    fi
    grep '^#' "$folder/counts.txt"
    "$tests/test-compare-instructions.sh" >"$folder/controls.log" || true
    awk -f "$tests/compare-instructions.awk" "$tests/instructions.baseline" "$folder/counts.txt" \
        >"$folder/compared.log" || true
    for part in controls compared; do
        sed '$d' "$folder/$part.log"
        [[ $(tail -n 1 "$folder/$part.log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] ||
            die "instructions: $folder/$part.log has no last line with what passed and failed"
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
    done
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0 && passed > 0))
}

# The folder of wine64 and wineserver, which Debian keeps off the path.
find_wine() {
    local folder

    for folder in /usr/lib/wine "$(dirname "$(command -v wine64 || echo /)")"; do
        [[ ! -x $folder/wine64 || ! -x $folder/wineserver ]] || {
            echo "$folder"
            return
        }
    done
    die "test-windows: no wine64 and wineserver were found"
}

# cmocka for Windows, in build/windows/cmocka: from the source of Debian's package, which has none for it.
build_windows_cmocka() {
    local folder=$root/build/windows/cmocka source=cmocka_1.1.5.orig.tar.xz apt
    local sum=f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6

    [[ ! -f $folder/lib/libcmocka-static.a ]] || return 0
    mkdir -p "$folder/apt/lists/partial"
    printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n' \
        >"$folder/apt/sources.list"
    apt=(apt-get -q -o "Dir::Etc::SourceList=$folder/apt/sources.list" -o Dir::Etc::SourceParts=-
        -o "Dir::State::Lists=$folder/apt/lists")
    (cd "$folder" && "${apt[@]}" update && "${apt[@]}" source --download-only cmocka=1.1.5-2.1) >"$folder/apt.log" 2>&1 ||
        die "test-windows: the source of cmocka could not be had, see $folder/apt.log"
    (cd "$folder" && sha256sum --check --quiet <<<"$sum  $source" && tar xf "$source" &&
        cmake -S cmocka-1.1.5 -B build --toolchain "$root/native/mingw-w64.cmake" -DCMAKE_BUILD_TYPE=Release \
            -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF "-DCMAKE_INSTALL_PREFIX=$folder" &&
        cmake --build build && cmake --install build) >"$folder/build.log" 2>&1 ||
        die "test-windows: cmocka could not be built, see $folder/build.log"
}

# publish_for_windows PROJECT   A program with all it needs, in build/windows/<project>.
publish_for_windows() {
    local framework=()

    [[ $(list_frameworks "$1" | wc -l) -eq 1 ]] || framework=(--framework net10.0)
    (cd "$root" && dotnet publish "$1" --configuration Release "${framework[@]}" --runtime win-x64 --self-contained \
        -p:PmsNativePreset=mingw -p:RunAnalyzers=false --artifacts-path build/windows/dotnet \
        --output "build/windows/$(basename "$1" .csproj)" --nologo --verbosity quiet)
}

# What keeps .NET going under Wine, in build/windows/frames: see frames.c.
build_windows_frames() {
    local source=$root/tests/windows/frames folder=$root/build/windows/frames

    (cd "$root" && dotnet build "$source/StartupHook.csproj" --configuration Release --artifacts-path build/windows/dotnet \
        --output "$folder" --nologo --verbosity quiet)
    # -Wno-array-bounds: the compiler takes the address in NtCurrentTeb, which is relative to a segment, for that of nothing.
    x86_64-w64-mingw32-gcc -O2 -Wall -Wextra -Werror -Wno-array-bounds -shared -static-libgcc -o "$folder/frames.dll" \
        "$source/frames.c"
}

## the native tests, the C# suite and the tool as programs for Windows, under Wine; streams and golden images of the other system
verb_test-windows() {
    local folder=$root/build/windows wine project

    require_native_toolchain wine wine64 gcc-mingw-w64-x86-64
    wine=$(find_wine)
    say "Linux: what it is compared with"
    build_native -DPMS_BUILD_TESTS=ON
    # The tool and the demo are built with the tests of the tool.
    build_dotnet tests/PmemStream.Interop.Tests/PmemStream.Interop.Tests.csproj --framework net10.0
    build_dotnet tests/PmemStream.Cli.Tests/PmemStream.Cli.Tests.csproj
    build_dotnet tests/PmemStream.FormatReader.Tests/PmemStream.FormatReader.Tests.csproj
    build_windows_cmocka
    preset=mingw
    build_native -DPMS_BUILD_TESTS=ON "-DPMS_CMOCKA_INCLUDE_DIR=$folder/cmocka/include" \
        "-DPMS_CMOCKA_LIBRARY=$folder/cmocka/lib/libcmocka-static.a" "-DCMAKE_CROSSCOMPILING_EMULATOR=$wine/wine64"
    say ".NET for Windows"
    build_windows_frames
    publish_for_windows src/PmemStream.Cli/PmemStream.Cli.csproj
    for project in Demo Interop.Tests FormatReader.Tests Cli.Tests KillTests; do
        publish_for_windows "tests/PmemStream.$project/PmemStream.$project.csproj"
    done
    "$root/tests/windows/run.sh" "$folder" "$wine"
}

## measure which lines the tests run: build/coverage/index.html; fails below the thresholds
verb_coverage() {
    local hits tests_failed usual_mask passed failed

    preset=gcov configuration=Coverage results=$coverage/tests
    require_native_toolchain libcmocka-dev gcovr
    rm -rf "$coverage" "$root/build/$preset"
    mkdir -p "$results"
    hits=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder as it is now
    trap "end_suite_group; rm -rf '$hits'" EXIT

    # Some tests start a process under another user, which has to add to the same counters.
    chmod 777 "$hits"
    usual_mask=$(umask)
    umask 0
    export TMPDIR=$hits GCOV_ERROR_FILE=$coverage/gcov-errors.txt
    skip_syncs
    measure_native
    measure_dotnet
    umask "$usual_mask"

    read -r _ tests_failed < <(sum_suites)
    write_coverage_report
    printf '\nThe report is in %s\n\n' "$coverage/index.html"
    awk -f "$root/tests/coverage/figures.awk" "$coverage/Summary.json" >"$coverage/figures.txt"
    grep -v '^[0-9]' "$coverage/figures.txt" || true
    read -r passed failed < <(tail -n 1 "$coverage/figures.txt")
    if ((tests_failed > 0)); then
        printf '  FAILED: %d tests failed while they were measured\n' "$tests_failed"
        failed=$((failed + 1))
    fi
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0 && passed > 0))
}

## AddressSanitizer and UBSan on all native tests and those of the .NET library, ThreadSanitizer on those with threads, memcheck
verb_sanitize() {
    results=$root/build/sanitize
    rm -rf "$results"
    mkdir -p "$results"
    trap finish_tests EXIT

    fix_addresses
    require_native_toolchain libcmocka-dev clang-14 libclang-rt-14-dev valgrind
    skip_syncs
    # crash_controls runs a core that is wrong on purpose, for a minute.
    sanitize_native asan asan --build-config asan --exclude-regex '^crash_controls$'
    sanitize_native tsan tsan --build-config tsan --label-regex '^(threads|tsan)$'
    sanitize_native release memcheck --build-config memcheck --label-regex '^memcheck$'
    sanitize_dotnet
}

## formatting, analyzers, and who may call whom; the last line says how many checks passed and failed
verb_lint() {
    require_native_toolchain clang-format clang-tidy cppcheck libcmocka-dev shellcheck
    build_native -DPMS_BUILD_TESTS=ON

    lint ".NET analyzers (warnings are errors)" build_dotnet "$solution"
    lint "Layers: planted violations are found" tests/lint/test-check-layers.sh
    lint "Layers" tests/lint/check-layers.sh
    lint "clang-format" for_c_files clang-format --dry-run -Werror --ferror-limit=3
    lint "dotnet format" dotnet format whitespace "$solution" --verify-no-changes --no-restore
    lint "clang-tidy" lint_clang_tidy
    lint "cppcheck" lint_cppcheck
    lint "shellcheck" lint_shell

    printf '\n%d passed, %d failed\n' "$lint_passed" "$lint_failed"
    ((lint_failed == 0))
}

## rewrite the C and C# files in the format that "lint" wants
verb_format() {
    require_packages clang-format
    require_dotnet
    for_c_files clang-format -i
    (cd "$root" && dotnet format whitespace "$solution")
}

## remove everything that was built
verb_clean() {
    local project folder

    rm -rf "$root/build"
    while IFS= read -r -d '' project; do
        folder=$(dirname "$project")
        rm -rf "${folder:?}/bin" "${folder:?}/obj"
    done < <(find "$root/src" "$root/tests" "$root/bindings" -name '*.csproj' -print0)
}

## this list
verb_help() {
    printf 'Usage: ./build.sh VERB [ARGUMENTS]\n\n'
    awk '/^## / { text = substr($0, 4) }
         /^verb_[a-z0-9_-]+\(\)/ { sub(/^verb_/, ""); sub(/\(.*/, ""); printf "  %-12s %s\n", $0, text }' "$root/build.sh"
}

main() {
    local verb=${1:-help}

    [[ $verb != -h && $verb != --help ]] || verb=help
    if ! declare -F "verb_$verb" >/dev/null; then
        verb_help >&2
        die "there is no verb '$verb'"
    fi
    shift || true
    "verb_$verb" "$@"
}

main "$@"
