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
readonly results=$root/build/test-results
readonly suite_hang_limit=150s
readonly suite_time_limit=300

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

# build_native PRESET [CMAKE-ARGUMENT...]   The library lands in build/PRESET.
build_native() {
    local preset=$1
    shift
    say "Native core ($preset)"
    (cd "$root" && cmake --preset "$preset" "$@" && cmake --build --preset "$preset" --parallel "$(jobs_count)")
}

# build_dotnet PROJECT-OR-SOLUTION [ARGUMENT...]
build_dotnet() {
    require_dotnet
    say ".NET ($1)"
    (cd "$root" && dotnet build "$1" --configuration Release --nologo --verbosity quiet "${@:2}")
}

# ---------------------------------------------------------------------------------------------------
# Counting test results
#
# Each suite leaves its log and a file <suite>.count with "passed failed" in build/test-results.
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

run_native_tests() {
    local log=$results/native.log status=0 passed failed

    say "Native tests"
    (cd "$root/build/release" && ctest --verbose --parallel "$(jobs_count)" --no-tests=error) \
        >"$log" 2>&1 || status=$?
    awk -f "$root/tests/count-native.awk" "$log" >"$results/native.txt"
    grep '^ ' "$results/native.txt" || true
    read -r passed failed < <(tail -n 1 "$results/native.txt")
    if ((status != 0 && failed == 0)); then
        printf '  FAILED ctest: exit code %d, see %s\n' "$status" "$log"
        failed=1
    fi
    record_suite native "$passed" "$failed"
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
        dotnet test "$project" --configuration Release --framework "$framework" --no-build --nologo \
        --logger "trx;LogFileName=results.trx" --results-directory "$folder" \
        --blame-hang-timeout "$suite_hang_limit" --blame-hang-dump-type none) </dev/null >"$log" 2>&1 &
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

# The last line of verb_test, whatever happened before: a build that broke is one failure.
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
# Verbs
# ---------------------------------------------------------------------------------------------------

## build the native library, the .NET library, the tool and the tests
verb_build() {
    require_native_toolchain
    build_native release -DPMS_BUILD_TESTS=OFF
    build_dotnet "$solution"
}

## [FILE]: append FILE line by line, kill the writer, recover, and show that nothing was lost
verb_demo() {
    require_native_toolchain
    build_native release -DPMS_BUILD_TESTS=OFF
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
    build_native release -DPMS_BUILD_TESTS=ON
    build_dotnet "$solution"
    run_native_tests
    run_dotnet_tests
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
         /^verb_[a-z_]+\(\)/ { sub(/^verb_/, ""); sub(/\(.*/, ""); printf "  %-10s %s\n", $0, text }' "$root/build.sh"
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
