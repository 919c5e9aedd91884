#!/usr/bin/env bash
#
# run.sh FEED [CHECK...]   What is in the packages in FEED, and that they work: as packages, in folders outside of the
# repository, never by a reference to a project of it. All checks, or those that are named. The last line says how many passed
# and failed. ./build.sh test-package packs first.

set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
feed=$(cd "$1" && pwd)
shift
state=${PMS_PACKAGE_STATE:-$root/build/package-test}
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")
work=$(mktemp -d)
passed=0
failed=0

# Packages of others are kept from run to run; ours are taken from the feed anew.
export NUGET_PACKAGES=$state/nuget DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
export PmsPackageVersion=$version
mkdir -p "$NUGET_PACKAGES" "$state/logs"
rm -rf "$NUGET_PACKAGES"/pmemstream.*

cat >"$work/nuget.config" <<XML
<configuration>
  <packageSources>
    <add key="packed" value="$feed" />
  </packageSources>
</configuration>
XML

at_end() {
    [[ ! -d $work/wine ]] || WINEPREFIX=$work/wine wineserver -k 2>/dev/null
    rm -rf "$work"
}
trap at_end EXIT

# check NAME FUNCTION   Its output is shown when it fails; lines that begin with "figure:" always.
check() {
    local name=$1 log=$state/logs/$1.log started=$SECONDS status

    ((${#chosen[@]} == 0)) || [[ " ${chosen[*]} " == *" $name "* ]] || return 0
    # Not as a condition: there -e has no effect.
    (set -e; "check_$name") >"$log" 2>&1
    status=$?
    if ((status == 0)); then
        printf '  ok %s (%d s)\n' "$name" $((SECONDS - started))
        passed=$((passed + 1))
    else
        printf '  FAILED %s (%d s): see %s\n' "$name" $((SECONDS - started)) "$log"
        tail -n 30 "$log" | sed 's/^/    /'
        failed=$((failed + 1))
    fi
    sed -n 's/^figure: /    /p' "$log"
}
chosen=("$@")

# expect WHAT EXPECTED FOUND
expect() {
    [[ $2 == "$3" ]] || {
        printf '%s: expected\n%s\nfound\n%s\n' "$1" "$2" "$3"
        return 1
    }
}

# fails COMMAND...
fails() {
    if "$@"; then
        printf 'this was to fail: %s\n' "$*"
        return 1
    fi
}

# unpack NAME FOLDER   The package NAME.<version>.nupkg, or with a third argument the .snupkg.
unpack() {
    mkdir -p "$2"
    unzip -q -o "$feed/$1.$version.${3:-nupkg}" -d "$2"
}

contents() {
    (cd "$1" && find . -type f ! -path './_rels/*' ! -path './package/*' ! -name '[[]Content_Types*' | sed 's:^\./::' | LC_ALL=C sort)
}

# ---------------------------------------------------------------------------------------------------
# What is in them
# ---------------------------------------------------------------------------------------------------

check_contents() {
    local folder=$work/contents

    unpack PmemStream.Interop "$folder/library"
    unpack PmemStream.Interop "$folder/symbols" snupkg
    unpack PmemStream.Tool "$folder/tool"
    expect "the library" "LICENSE
PmemStream.Interop.nuspec
README.md
SAMPLES.md
THIRD-PARTY-NOTICES.md
TROUBLESHOOTING.md
lib/net10.0/PmemStream.Interop.dll
lib/net10.0/PmemStream.Interop.xml
lib/net8.0/PmemStream.Interop.dll
lib/net8.0/PmemStream.Interop.xml
runtimes/linux-arm64/native/libpmemstream_core.so
runtimes/linux-x64/native/libpmemstream_core.so
runtimes/win-x64/native/pmemstream_core.dll" "$(contents "$folder/library")"
    expect "its symbols" "PmemStream.Interop.nuspec
lib/net10.0/PmemStream.Interop.pdb
lib/net8.0/PmemStream.Interop.pdb" "$(contents "$folder/symbols")"
    expect "the native libraries of the tool" "runtimes/linux-arm64/native/libpmemstream_core.so
runtimes/linux-x64/native/libpmemstream_core.so
runtimes/win-x64/native/pmemstream_core.dll" "$(contents "$folder/tool/tools/net10.0/any" | grep /native/)"
    for text in '<license type="expression">MIT</license>' '<readme>README.md</readme>' '<tags>' '<description>'; do
        grep -qF "$text" "$folder/library/PmemStream.Interop.nuspec"
    done
    for name in libpmem xxHash MinGW; do
        grep -q "$name" "$folder/library/THIRD-PARTY-NOTICES.md"
    done
    (cd "$folder/library/runtimes" && du -b ./*/native/* | sed 's/^/figure: bytes of a native library: /')
    # No path of the machine it was built on.
    fails grep -rlaF "$root/" "$folder"
}

# The library of each system is one for it, and needs nothing that its users would have to install.
check_native() {
    local folder=$work/native/runtimes name

    unpack PmemStream.Interop "$work/native"
    readelf -h "$folder/linux-x64/native/libpmemstream_core.so" | grep -q 'Machine:.*X86-64'
    readelf -h "$folder/linux-arm64/native/libpmemstream_core.so" | grep -q 'Machine:.*AArch64'
    for name in linux-x64 linux-arm64; do
        sh "$root/tests/native/check_glibc.sh" "$folder/$name/native/libpmemstream_core.so" 2.28 | tee "$work/native/glibc"
        expect "checks of glibc" 3 "$(grep -c '^ok' "$work/native/glibc")"
    done
    x86_64-w64-mingw32-objdump -p "$folder/win-x64/native/pmemstream_core.dll" >"$work/native/pe"
    grep -q 'file format pei-x86-64' "$work/native/pe"
    grep 'DLL Name:' "$work/native/pe" >"$work/native/needed"
    cat "$work/native/needed"
    fails grep -viE ' (kernel32|ntdll|advapi32|bcrypt|msvcrt|api-ms-win-[a-z0-9-]*|ucrtbase)\.dll' "$work/native/needed"
}

# copy_sources FOLDER   A clone of the repository, as it is now and not as it was committed last.
copy_sources() {
    git clone -q --no-hardlinks "$root" "$1"
    (cd "$root" && git ls-files -z -co --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null) | tar -x -C "$1"
}

# What would make a bad package ends its build: a public type without documentation, a system without its library.
check_refusals() {
    local copy=$work/refusals/sources folder=$work/refusals/pack planted said=$work/refusals/said

    copy_sources "$copy"
    planted=$copy/src/PmemStream.Interop/Planted.cs
    mkdir "$folder"
    cp -r "$root/build/pack/runtimes" "$folder/"
    printf '// SPDX-License-Identifier: MIT\nnamespace PmemStream.Interop;\n\npublic static class Planted;\n' >"$planted"
    fails pack_library "$copy" "$folder" "$work/refusals" >"$said" 2>&1
    cat "$said"
    grep -q 'Planted.cs.* error CS1591' "$said"
    rm "$planted"
    rm -r "$folder/runtimes/win-x64"
    fails pack_library "$copy" "$folder" "$work/refusals" >"$said" 2>&1
    cat "$said"
    grep -q 'error PMS0003.*win-x64' "$said"
}

# pack_library SOURCES PACK-FOLDER WORK [ARGUMENT...]   Into WORK/packages.
pack_library() {
    (unset NUGET_PACKAGES && cd "$1" && dotnet pack src/PmemStream.Interop --configuration Release --nologo --verbosity quiet \
        --artifacts-path "$3/dotnet" --output "$3/packages" "-p:PmsPackFolder=$2" "${@:4}")
}

# Packed once more at another place, the files in the packages are the same; and with an address of the sources that others
# can reach, the symbols say where each source file is.
check_reproducible() {
    local copy=$work/elsewhere/sources name a b

    copy_sources "$copy"
    git -C "$copy" remote set-url origin "$(git -C "$root" remote get-url origin 2>/dev/null || echo "$root")"
    (unset NUGET_PACKAGES && cd "$copy" && ./build.sh pack)
    for name in PmemStream.Interop.$version.nupkg PmemStream.Interop.$version.snupkg PmemStream.Tool.$version.nupkg; do
        a=$(unzip -v "$feed/$name" | awk '$7 ~ /^[0-9a-f]+$/ && NF == 8 { print $7, $1, $8 }' | sort -k 3)
        b=$(unzip -v "$copy/build/packages/$name" | awk '$7 ~ /^[0-9a-f]+$/ && NF == 8 { print $7, $1, $8 }' | sort -k 3)
        [[ $(wc -l <<<"$a") -gt 5 ]]
        expect "$name" "$a" "$b"
    done

    git -C "$copy" remote set-url origin https://github.com/example/pmemstream
    pack_library "$copy" "$copy/build/pack" "$work/elsewhere" -p:PublishRepositoryUrl=true
    unzip -q "$work/elsewhere/packages/PmemStream.Interop.$version.snupkg" -d "$work/elsewhere/symbols"
    unzip -q "$work/elsewhere/packages/PmemStream.Interop.$version.nupkg" -d "$work/elsewhere/library"
    cp -r "$here/SourceLinkReader" "$work/elsewhere/"
    (cd "$work/elsewhere/SourceLinkReader" && dotnet run -- ../symbols/lib/*/PmemStream.Interop.pdb) >"$work/elsewhere/found"
    cat "$work/elsewhere/found"
    head=$(git -C "$copy" rev-parse HEAD)
    expect "maps" 2 "$(grep -cF "https://raw.githubusercontent.com/example/pmemstream/$head/*" "$work/elsewhere/found")"
    [[ $(grep -c '^document /_/src/PmemStream.Interop/' "$work/elsewhere/found") -gt 50 ]]
    # Whatever is not in the map is in the pdb.
    fails grep -v '^map \|^embedded \|^document /_/' "$work/elsewhere/found"
    grep -qE "<repository type=\"git\" url=\"https://github.com/example/pmemstream\" (branch=\"[^\"]*\" )?commit=\"$head\"" \
        "$work/elsewhere/library/PmemStream.Interop.nuspec"
}

# ---------------------------------------------------------------------------------------------------
# That they work
# ---------------------------------------------------------------------------------------------------

# The steps of the package's README, word for word, in an empty folder.
check_readme() {
    local readme=$work/readme.md steps=$work/steps.sh

    unzip -p "$feed/PmemStream.Interop.$version.nupkg" README.md >"$readme"
    mkdir "$work/newcomer"
    awk -v work="$work" '
        /^<!-- shell -->$/ { kind = "shell" }
        /^<!-- file: .* -->$/ { kind = "file"; name = $3 }
        /^<!-- output -->$/ { kind = "output" }
        /^```[a-z]/ && kind != "" { inside = 1; if (kind == "file") print "cat >" name " <<\"END OF FILE\""; next }
        /^```$/ && inside { if (kind == "file") print "END OF FILE"; inside = 0; kind = ""; next }
        inside && kind == "output" { print > (work "/expected") ; next }
        inside { print }
    ' "$readme" >"$steps"
    cat "$steps"
    [[ $(grep -c '^dotnet ' "$steps") -eq 3 ]]
    (cd "$work/newcomer" && bash -e "$steps") | tee "$work/output"
    expect "what it writes" "$(cat "$work/expected")" "$(tail -n "$(wc -l <"$work/expected")" "$work/output")"
}

# publish_consumer NAME FRAMEWORK [ARGUMENT...]   Into $work/NAME/out.
publish_consumer() {
    mkdir -p "$work/$1"
    cp -r "$here/Consumer" "$work/$1/"
    (cd "$work/$1/Consumer" && dotnet publish --nologo --verbosity quiet --configuration Release --framework "$2" --output ../out "${@:3}")
}

# run_consumer NAME   And what it says at its end.
run_consumer() {
    local said

    said=$("$work/$1/out/Consumer" "$work/$1/stream.pms") || return 1
    printf '%s\n' "$said"
    [[ $said == "consumer: ok, core "* ]]
    printf 'figure: %s\n' "$said"
}

# figures NAME   How long it takes from start to end, the best of five; how large it is, without symbols.
figures() {
    local before after best=999999999999

    for _ in 1 2 3 4 5; do
        rm -f "$work/$1/figures.pms"
        before=$(date +%s%N)
        "$work/$1/out/Consumer" "$work/$1/figures.pms" >/dev/null
        after=$(date +%s%N)
        ((after - before >= best)) || best=$((after - before))
    done
    printf 'figure: start to end %d ms, program %d KiB, folder %d KiB\n' $((best / 1000000)) \
        $(($(stat -c %s "$work/$1/out/Consumer") / 1024)) \
        $(($(find "$work/$1/out" -type f ! -name '*.dbg' ! -name '*.pdb' -printf '%s\n' | awk '{ s += $1 } END { print s }') / 1024))
}

check_framework_dependent() {
    publish_consumer plain net10.0
    run_consumer plain
    figures plain
}

check_trimmed() {
    publish_consumer trimmed net8.0 -r linux-x64 --self-contained -p:PublishTrimmed=true
    run_consumer trimmed
    figures trimmed
}

check_ready_to_run() {
    publish_consumer ready net8.0 -r linux-x64 --self-contained -p:PublishReadyToRun=true
    run_consumer ready
    figures ready
}

check_native_aot() {
    publish_consumer aot net8.0 -r linux-x64 -p:PublishAot=true
    file_kind=$(readelf -h "$work/aot/out/Consumer" | grep -c 'Type:.*DYN')
    expect "programs" 1 "$file_kind"
    expect "assemblies" "" "$(find "$work/aot/out" -name '*.dll')"
    run_consumer aot
    figures aot
}

# Debian keeps it out of PATH.
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)

# On Windows, as far as Wine is that; and a stream that was written there is read here.
check_windows() {
    publish_consumer windows net10.0 -r win-x64 --self-contained
    export WINEPREFIX=$work/wine WINEDEBUG=-all DOTNET_EnableWriteXorExecute=0
    timeout 120 wineboot -i || true
    cd "$work/windows/out"
    timeout 120 "$wine" ./Consumer.exe stream.pms | tr -d '\r' | tee "$work/windows/said"
    grep '^consumer: ok, core .* win.*-x64$' "$work/windows/said" | sed 's/^/figure: /'
    grep -q '^consumer: ok, core .* win.*-x64$' "$work/windows/said"
    if [[ -x $work/plain/out/Consumer ]]; then
        "$work/plain/out/Consumer" "$work/windows/out/stream.pms" first,second,third,fourth,fifth
    fi
}

# The exception says which files were tried, what is wrong with each, and what to do.
check_library_missing() {
    local out=$work/missing/out library

    publish_consumer missing net10.0 -r linux-x64 --self-contained false
    library=$(find "$out" -name libpmemstream_core.so)
    expect "libraries" "$out/libpmemstream_core.so" "$library"
    rm "$library"
    fails "$out/Consumer" "$work/missing/stream.pms" >"$work/missing/said" 2>&1
    cat "$work/missing/said"
    grep -q 'DllNotFoundException: The native library libpmemstream_core.so was not found' "$work/missing/said"
    grep -qF "$library: not there" "$work/missing/said"
    grep -qF "$out/runtimes/linux-x64/native/libpmemstream_core.so: not there" "$work/missing/said"
    grep -qF "publish for the system that the program runs on (dotnet publish -r)" "$work/missing/said"

    unzip -p "$feed/PmemStream.Interop.$version.nupkg" runtimes/linux-arm64/native/libpmemstream_core.so >"$library"
    fails "$out/Consumer" "$work/missing/stream.pms" >"$work/missing/said" 2>&1
    cat "$work/missing/said"
    grep -qF "$library: is for linux-arm64, this process is linux-x64" "$work/missing/said"
}

check_tool() {
    mkdir "$work/tool"
    cd "$work/tool"
    dotnet tool install PmemStream.Tool --version "$version" --tool-path "$work/tool/bin"
    ./bin/pmemstream create orders.pms --size 1MiB
    ./bin/pmemstream region create orders.pms orders --size 64KiB
    printf 'first\nsecond\n' | ./bin/pmemstream append orders.pms orders
    expect "entries" $'first\nsecond' "$(./bin/pmemstream read orders.pms orders --format raw | tr '\0' '\n')" ||
        expect "entries" $'first\nsecond' "$(./bin/pmemstream read orders.pms orders --format text)"
    ./bin/pmemstream check orders.pms
    dotnet tool uninstall PmemStream.Tool --tool-path "$work/tool/bin"
    [[ ! -e bin/pmemstream ]]
}

# The whole C# suite, on the assembly and native library of the package, on a runtime 8.0.
check_suite() {
    local out=$work/suite/out

    cd "$root"
    dotnet publish tests/PmemStream.Interop.Tests --nologo --verbosity quiet --configuration Release --framework net8.0 \
        -r linux-x64 --self-contained --artifacts-path "$work/suite/artifacts" --output "$out" \
        "-p:RestoreAdditionalProjectSources=$feed"
    cmp "$out/PmemStream.Interop.dll" "$NUGET_PACKAGES/pmemstream.interop/$version/lib/net8.0/PmemStream.Interop.dll"
    cmp "$out/libpmemstream_core.so" \
        "$NUGET_PACKAGES/pmemstream.interop/$version/runtimes/linux-x64/native/libpmemstream_core.so"
    grep -q '"name": "Microsoft.NETCore.App",\|includedFrameworks' "$out/PmemStream.Interop.Tests.runtimeconfig.json"
    grep -A 4 includedFrameworks "$out/PmemStream.Interop.Tests.runtimeconfig.json" | grep -q '"version": "8\.0\.'
    timeout --kill-after=10 400 "$out/PmemStream.Interop.Tests" -noColor -trx "$work/suite/results.trx" || true
    awk -f "$root/tests/count-dotnet.awk" "$work/suite/results.trx" | tee "$work/suite/count"
    read -r suite_passed suite_failed < <(tail -n 1 "$work/suite/count")
    printf 'figure: the suite on runtime 8.0: %d passed, %d failed\n' "$suite_passed" "$suite_failed"
    ((suite_failed == 0 && suite_passed > 300))
}

printf '\n== Packages in %s\n' "$feed"
check contents
check native
check readme
check framework_dependent
check trimmed
check ready_to_run
check native_aot
check windows
check library_missing
check tool
check suite
check refusals
check reproducible

printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0 && passed > 0))
