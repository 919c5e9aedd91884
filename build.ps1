<#
.SYNOPSIS
    What ./build.sh does, for Windows: build, demo and test.

.DESCRIPTION
    Needs cmake, a C compiler that it finds (Visual Studio), the .NET 10 SDK, and xxhash.h (for example from
    vcpkg; name its folder in the environment variable PMS_XXHASH_INCLUDE_DIR where cmake does not find it).
    The native tests need cmocka and run on Linux only.

    The Windows medium of the native core is not written yet: cmake says so, and nothing is built until it is.

.EXAMPLE
    ./build.ps1 build

.EXAMPLE
    ./build.ps1 demo C:\data\words.txt
#>
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'demo', 'test')]
    [string] $Verb = 'build',

    [Parameter(Position = 1, ValueFromRemainingArguments)]
    [string[]] $Arguments = @()
)

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot

function Invoke-Checked([string] $Command, [string[]] $CommandArguments) {
    & $Command @CommandArguments
    if ($LASTEXITCODE -ne 0) {
        Write-Host "build.ps1: '$Command $CommandArguments' failed with exit code $LASTEXITCODE"
        exit $LASTEXITCODE
    }
}

# Runs in the root of the repository, where the presets and global.json are.
function Build-Everything {
    Push-Location $root
    try {
        $configure = @('--preset', 'release', '-DPMS_BUILD_TESTS=OFF')
        if ($env:PMS_XXHASH_INCLUDE_DIR) {
            $configure += "-DPMS_XXHASH_INCLUDE_DIR=$env:PMS_XXHASH_INCLUDE_DIR"
        }
        Invoke-Checked cmake $configure
        Invoke-Checked cmake @('--build', '--preset', 'release')
        Invoke-Checked dotnet @('build', 'PmemStream.Interop.sln', '--configuration', 'Release', '--nologo')
    }
    finally {
        Pop-Location
    }
}

switch ($Verb) {
    'build' {
        Build-Everything
    }
    'demo' {
        Build-Everything
        $demo = Join-Path $root 'tests/PmemStream.Demo/bin/Release/net10.0/PmemStream.Demo.dll'
        Invoke-Checked dotnet (@($demo) + $Arguments)
    }
    'test' {
        Build-Everything
        Push-Location $root
        try {
            Invoke-Checked dotnet @(
                'test', 'PmemStream.Interop.sln', '--configuration', 'Release', '--no-build', '--nologo')
        }
        finally {
            Pop-Location
        }
    }
}
