<#
.SYNOPSIS
    What ./build.sh does, for Windows. ./build.ps1 help lists the verbs.

.DESCRIPTION
    Needs cmake, Visual Studio 2022 (17.5 or later), the .NET 10 SDK, and xxhash.h (for example from vcpkg; name its
    folder in the environment variable PMS_XXHASH_INCLUDE_DIR where cmake does not find it). It calls cmake and dotnet,
    nothing else. PMS_PRESET names another preset than msvc: clang-cl.

    It was run on Linux alone, with PMS_PRESET=release. What has been shown of Windows is in README.md.

.EXAMPLE
    ./build.ps1 build

.EXAMPLE
    ./build.ps1 demo C:\data\words.txt
#>
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'demo', 'kill', 'bindings', 'lint', 'format', 'clean', 'help')]
    [string] $Verb = 'help',

    [Parameter(Position = 1, ValueFromRemainingArguments)]
    [string[]] $Arguments = @()
)

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$solution = 'PmemStream.Interop.sln'
$preset = if ($env:PMS_PRESET) { $env:PMS_PRESET } else { 'msvc' }

function Invoke-Checked([string] $Command, [string[]] $CommandArguments) {
    & $Command @CommandArguments
    if ($LASTEXITCODE -ne 0) {
        Write-Host "build.ps1: '$Command $CommandArguments' failed with exit code $LASTEXITCODE"
        exit $LASTEXITCODE
    }
}

# The native library lands in build/<preset>, where the .NET projects look for it.
function Build-Native {
    $configure = @('--preset', $preset, '-DPMS_BUILD_TESTS=OFF')
    if ($env:PMS_XXHASH_INCLUDE_DIR) {
        $configure += "-DPMS_XXHASH_INCLUDE_DIR=$env:PMS_XXHASH_INCLUDE_DIR"
    }
    Invoke-Checked cmake $configure
    Invoke-Checked cmake @('--build', '--preset', $preset)
}

function Build-DotNet([string] $Project) {
    Invoke-Checked dotnet @('build', $Project, '--configuration', 'Release', '--nologo', "-p:PmsNativePreset=$preset")
}

function Show-Help {
    Write-Host 'Usage: ./build.ps1 VERB [ARGUMENTS]'
    Write-Host ''
    Write-Host '  build     build the native library, the .NET library, the tool and the tests'
    Write-Host '  test      build and run the .NET tests; the native ones are cross-compiled on Linux: ./build.sh test-windows'
    Write-Host '  demo      [FILE]: append FILE line by line, kill the writer, recover, and show that nothing was lost'
    Write-Host '  kill      [ROUNDS]: writers killed at random moments'
    Write-Host '  bindings  write the P/Invoke declarations anew; clang 14 or later has to be on the path'
    Write-Host '  lint      the .NET analyzers, and the format of the C# files'
    Write-Host '  format    rewrite the C# files in the format that lint wants'
    Write-Host '  clean     remove everything that was built'
    Write-Host '  help      this list'
}

# In the root of the repository, where the presets and global.json are.
Push-Location $root
try {
    switch ($Verb) {
        'build' {
            Build-Native
            Build-DotNet $solution
        }
        'test' {
            Build-Native
            Build-DotNet $solution
            Invoke-Checked dotnet @('test', $solution, '--configuration', 'Release', '--no-build', '--nologo')
        }
        'demo' {
            Build-Native
            Build-DotNet 'tests/PmemStream.Demo/PmemStream.Demo.csproj'
            Invoke-Checked dotnet (@('tests/PmemStream.Demo/bin/Release/net10.0/PmemStream.Demo.dll') + $Arguments)
        }
        'kill' {
            $rounds = if ($Arguments.Count -gt 0) { $Arguments[0] } else { '24' }
            Build-Native
            Build-DotNet 'tests/PmemStream.KillTests/PmemStream.KillTests.csproj'
            $kill = 'tests/PmemStream.KillTests/bin/Release/net10.0/PmemStream.KillTests.dll'
            New-Item -ItemType Directory -Force 'build/kill', 'build/kill-streams' | Out-Null
            Invoke-Checked dotnet @($kill, 'run', 'build/kill', 'build/kill-streams', $rounds)
        }
        'bindings' {
            Build-DotNet 'bindings/Generator/PmemStream.Bindings.Generator.csproj'
            Push-Location bindings
            try {
                Invoke-Checked dotnet @('Generator/bin/Release/net10.0/PmemStream.Bindings.Generator.dll', '@generate.rsp')
            }
            finally {
                Pop-Location
            }
        }
        'lint' {
            Build-Native
            Build-DotNet $solution
            Invoke-Checked dotnet @('format', 'whitespace', $solution, '--verify-no-changes', '--no-restore')
        }
        'format' {
            Invoke-Checked dotnet @('format', 'whitespace', $solution)
        }
        'clean' {
            Invoke-Checked cmake @('-E', 'rm', '-rf', 'build')
            Invoke-Checked dotnet @('clean', $solution, '--configuration', 'Release', '--nologo')
        }
        'help' {
            Show-Help
        }
    }
}
finally {
    Pop-Location
}
