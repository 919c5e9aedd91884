#!/usr/bin/env bash
#
# run.sh FOLDER WINE-FOLDER   The tests that were built for Windows, under Wine; ./build.sh test-windows builds them and calls this.
#
# FOLDER holds the published programs, and takes logs and the list of the tests that Linux has. The last line says how many
# passed and failed. not-run.txt is the list of those that cannot run; compare.awk says what it takes.

set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/windows
folder=$1
wine_folder=$2
readonly native_limit=1500 suite_limit=600 kill_rounds=8
export WINEPREFIX=$folder/prefix WINEDEBUG=-all WINEARCH=win64
# Without it most runs of .NET end with 0x80131506 under Wine.
export DOTNET_EnableWriteXorExecute=0 DOTNET_CLI_UI_LANGUAGE=en
# The folder for streams: in memory where there is room, because a sync costs much on a disk; bounded either way.
if [[ $(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) -gt 4000000 ]]; then
    streams=$(mktemp -d /dev/shm/pms-windows-XXXXXX)
else
    streams=$(mktemp -d)
fi
ulimit -f $((3 * 1024 * 1024))
# And what a program takes of memory, not counting addresses alone: so that one that takes all of it fails by itself.
ulimit -d $((6 * 1024 * 1024))

finish() {
    "$wine_folder/wineserver" -k 2>/dev/null
    rm -rf "$streams"
}
trap finish EXIT

windows_path() {
    printf 'Z:%s' "${1//\//\\}"
}

start_wine() {
    local name

    mkdir -p "$WINEPREFIX"
    # First, so that it stays between programs: one that was started by a program ends soon after it, and who comes just then is
    # thrown out; and it would hold the output of that program open.
    "$wine_folder/wineserver" -p >/dev/null 2>&1 </dev/null
    timeout 120 "$wine_folder/wine64" wineboot -i >"$folder/wineboot.log" 2>&1 </dev/null
    for name in TEMP TMP; do
        timeout 60 "$wine_folder/wine64" reg add 'HKCU\Environment' /v "$name" /t REG_SZ /d "$(windows_path "$streams")" /f \
            >>"$folder/wineboot.log" 2>&1 </dev/null
    done
}

passed=0
failed=0

# count PASSED FAILED
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# check NAME COMMAND...   One test of its own.
check() {
    local name=$1 log=$folder/$1.log
    shift

    if "$@" >"$log" 2>&1 </dev/null; then
        printf '  %s: passed\n' "$name"
        count 1 0
    else
        printf '  FAILED %s, see %s\n' "$name" "$log"
        tail -n 5 "$log" | sed 's/^/    /'
        count 0 1
    fi
}

# compare SUITE   With the tests that Linux has.
compare() {
    local suite=$1 result

    awk -v suite="$suite" '/^(#|[ \t]*$)/ || index($0, suite " ") == 1' "$here/not-run.txt" >"$folder/$suite.list"
    result=$(awk -f "$here/compare.awk" "$folder/$suite.list" "$folder/$suite.expected" "$folder/$suite.results")
    printf '%s\n' "$result" | head -n -1
    # shellcheck disable=SC2046 # two numbers
    count $(printf '%s\n' "$result" | tail -n 1)
}

run_native() {
    printf '\n== Native tests under Wine\n'
    {
        for file in "$root"/tests/native/test_*.c; do
            awk -f "$here/list-native.awk" "$file"
        done
        sed -n 's/^result "\([^"]*\)".*/native check_exports \1/p' "$root/tests/native/check_exports.sh"
    } | sort -u >"$folder/native.expected"
    (cd "$root/build/mingw" && PMS_TEST_FOLDER=Z:$streams timeout "$native_limit" \
        ctest --verbose --parallel "$(nproc)" --no-tests=error) >"$folder/native.log" 2>&1 </dev/null
    awk -f "$here/results-native.awk" "$folder/native.log" >"$folder/native.results"
    compare native
}

# run_dotnet SUITE PROJECT   A suite of xunit, as one process. frames/frames.c says why it takes a hook.
run_dotnet() {
    local suite=$1 project=$2 log=$folder/$1.log trx=$folder/$1.trx

    printf '\n== %s under Wine\n' "$project"
    rm -f "$trx"
    # The first lines are a heading.
    "$root/tests/$project/bin/Release/net10.0/$project" -preEnumerateTheories -list tests -noColor </dev/null |
        sed -n "s/^$project\\./$suite &/p" | sort >"$folder/$suite.expected"
    (cd "$folder/$project" && DOTNET_STARTUP_HOOKS=$(windows_path "$folder/frames/StartupHook.dll") \
        PmemStreamTool=$(windows_path "$folder/PmemStream.Cli/pmemstream.exe") \
        PmemStreamDemo=$(windows_path "$folder/PmemStream.Demo/PmemStream.Demo.exe") \
        timeout --kill-after=10 "$suite_limit" "$wine_folder/wine64" "$project.exe" -preEnumerateTheories -noColor \
        -reporter verbose -trx "$(windows_path "$trx")") >"$log" 2>&1 </dev/null
    if [[ ! -s $trx ]]; then
        printf '  FAILED %s: it did not come to its end, see %s\n' "$project" "$log"
        tail -n 20 "$log" | sed 's/^/    /'
        count 0 "$(wc -l <"$folder/$suite.expected")"
        return
    fi
    awk -v suite="$suite" -f "$here/results-dotnet.awk" "$trx" >"$folder/$suite.results"
    compare "$suite"
}

# Writers that are killed, and the controls of the checker: what ./build.sh kill runs, on the one medium that Windows has.
run_kills() {
    local log=$folder/kill.log work=$streams/kill

    printf '\n== PmemStream.KillTests under Wine: %d rounds\n' "$kill_rounds"
    mkdir -p "$work"
    (cd "$folder/PmemStream.KillTests" && DOTNET_STARTUP_HOOKS=$(windows_path "$folder/frames/StartupHook.dll") \
        timeout --kill-after=10 "$suite_limit" "$wine_folder/wine64" PmemStream.KillTests.exe run "$(windows_path "$work")" - \
        "$kill_rounds") >"$log" 2>&1 </dev/null
    sed -i 's/\r$//' "$log"
    sed '$d' "$log"
    if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        printf '  %d passed, %d failed\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
        count "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    else
        printf '  FAILED PmemStream.KillTests: it did not come to its end, see %s\n' "$log"
        count 0 1
    fi
}

# ---- streams of the other system ------------------------------------------------------------------------------------

tool() {
    timeout 120 "$wine_folder/wine64" "$folder/PmemStream.Cli/pmemstream.exe" "$@"
}

linux_tool() {
    dotnet "$root/src/PmemStream.Cli/bin/Release/net10.0/pmemstream.dll" "$@"
}

# The images of tests/golden, made once more by the program of each system, are the same bytes.
same_golden_images() {
    local made=$streams/golden

    mkdir -p "$made/linux" "$made/windows"
    "$root/build/release/tests/native/make_golden" "$made/linux" &&
        (cd "$made" && timeout 120 "$wine_folder/wine64" "$root/build/mingw/tests/native/make_golden.exe" \
            "Z:$made/windows") && diff -r "$made/linux" "$made/windows" && [[ -n $(ls "$made/linux") ]]
}

# tool_writes_and_the_other_reads WRITER READER PREFIX-OF-WRITER PREFIX-OF-READER
tool_writes_and_the_other_reads() {
    local writer=$1 reader=$2 path=$streams/across-$1.pms written read

    seq 1 500 >"$streams/lines"
    "$writer" create "$3$path" --size 4MiB && "$writer" region create "$3$path" log --size 1MiB &&
        "$writer" append "$3$path" log <"$streams/lines" && "$writer" check "$3$path" || return 1
    written=$("$writer" read "$3$path" log | md5sum)
    "$reader" check "$4$path" && "$reader" info "$4$path" &&
        "$reader" dump "$4$path" >"$streams/dump" && [[ -s $streams/dump ]] || return 1
    read=$("$reader" read "$4$path" log | md5sum)
    printf 'written %s\nread    %s\n' "$written" "$read"
    [[ $written == "$read" ]] || return 1
    # And goes on.
    printf 'from the other\n' | "$reader" append "$4$path" log && "$writer" check "$3$path" &&
        [[ $("$writer" read "$3$path" log | tail -n 1) == 'from the other' ]]
}

start_wine
run_native
run_dotnet interop PmemStream.Interop.Tests
run_dotnet format PmemStream.FormatReader.Tests
run_dotnet cli PmemStream.Cli.Tests
run_kills
printf '\n== Streams of the other system\n'
check golden_images_are_the_same_bytes same_golden_images
check linux_reads_what_windows_wrote tool_writes_and_the_other_reads tool linux_tool 'Z:' ''
check windows_reads_what_linux_wrote tool_writes_and_the_other_reads linux_tool tool '' 'Z:'
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0 && passed > 0))
