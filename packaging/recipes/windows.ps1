# Builds livecap for Windows into target\package\livecap-windows.zip. Written, not run: Windows is not tried. It needs Rust
# (MSVC), Visual Studio's build tools with C++, cmake and Node.js 18 or later on the path.
#   powershell -File packaging\recipes\windows.ps1
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..\..')

function Invoke-Step([string] $program, [string[]] $arguments) {
    & $program @arguments
    if ($LASTEXITCODE -ne 0) { throw "$program $arguments ended with $LASTEXITCODE" }
}

Push-Location web
Invoke-Step npm @('ci', '--ignore-scripts')
Invoke-Step npm @('run', '--silent', 'build')
Pop-Location

# The runtime of C becomes a part of the program, so that nothing else has to be installed.
$env:RUSTFLAGS = '-C target-feature=+crt-static'
Invoke-Step cargo @('build', '--release', '--locked', '--bin', 'livecap')

$root = 'target\package\windows\livecap'
Remove-Item -Recurse -Force $root -ErrorAction SilentlyContinue
New-Item -ItemType Directory -Force "$root\pipelines" | Out-Null
Copy-Item 'target\release\livecap.exe', 'README.md', 'CHANGELOG.md', 'NOTICE', 'LICENSE', 'LICENSE-MIT', 'LICENSE-APACHE' $root
Copy-Item 'pipelines\demo.toml', 'pipelines\demo.flac', 'pipelines\demo.json', 'pipelines\live.toml' "$root\pipelines"
Copy-Item -Recurse 'docs' $root
node packaging/third-party.mjs x86_64-pc-windows-msvc | Out-File -Encoding utf8 "$root\third-party.txt"
if ($LASTEXITCODE -ne 0) { throw 'the list of licences could not be made' }

# It starts, and recognises the recording that comes with it.
Invoke-Step "$root\livecap.exe" @('--version')
Invoke-Step "$root\livecap.exe" @('transcribe', "$root\pipelines\demo.flac", '--model', 'demo', '--format', 'txt')
Compress-Archive -Force -Path $root -DestinationPath 'target\package\livecap-windows.zip'
