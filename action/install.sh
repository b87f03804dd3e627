#!/usr/bin/env bash
# Installs embark into RUNNER_TEMP, which lasts as long as the job, and tells where as the output `program`.
#
# INPUT_VERSION, INPUT_SHA256   the release, and the digest that it must have
# INPUT_RELEASES                where releases are
# EMBARK_ACTION                 the action's own checkout, which is built where no release is named
#
# It runs with bash 3.2, too, which macOS has.
set -euo pipefail

fail() {
    printf '::error title=embark is not installed::%s\n' "$1"
    exit 1
}

# Prints the digest of a file. macOS has no sha256sum.
digest() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# Prints the platform as releases name it.
platform() {
    case ${RUNNER_OS-} in
    Linux) printf linux ;;
    macOS) printf macos ;;
    *) return 1 ;;
    esac
    case ${RUNNER_ARCH-} in
    X64) printf -- -x86_64 ;;
    ARM64) printf -- -aarch64 ;;
    *) return 1 ;;
    esac
}

download() {
    local version=$1 sha256=$2 name address found
    [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "version: $version is none, as in 0.2.0"
    [[ -n $sha256 ]] || fail "sha256 is missing: what is installed must be known. Give the digest of release $version"
    [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || fail "sha256: $sha256 is not 64 lower-case hex digits"
    name=embark-$version-$(platform) || fail "there are no releases for ${RUNNER_OS-} on ${RUNNER_ARCH-}: leave out version and sha256, and it is built"
    address=${INPUT_RELEASES%/}/v$version/$name
    program=$folder/$sha256/embark
    # An earlier step of this job has installed the same.
    if [[ -x $program && $(digest "$program") == "$sha256" ]]; then return; fi
    mkdir -p "${program%/*}"
    curl --fail --silent --show-error --location --proto '=https,http' --proto-redir '=https,http' \
        --retry 3 --connect-timeout 20 --max-time 300 --output "$program.part" -- "$address" ||
        fail "$address cannot be fetched"
    found=$(digest "$program.part")
    if [[ $found != "$sha256" ]]; then
        rm -f "$program.part"
        fail "$address has the digest $found, and not $sha256"
    fi
    chmod +x "$program.part"
    mv "$program.part" "$program"
}

# Forgets what whoever builds has no need of: secrets, and the files that speak to the steps that follow.
forget() {
    local name
    for name in "${!EMBARK_@}" "${!ACTIONS_@}"; do
        if [[ $name == EMBARK_* || $name == *TOKEN* ]]; then unset "$name"; fi
    done
    unset GITHUB_TOKEN GH_TOKEN GITHUB_ENV GITHUB_OUTPUT GITHUB_PATH GITHUB_STATE GITHUB_STEP_SUMMARY
}

build() {
    command -v cargo >/dev/null || fail "there is no cargo to build embark with: give version and sha256"
    # It is run a few times: what makes it smaller takes longer than it saves.
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR=$folder/target
    # The folder says which version of Rust builds it.
    (cd "$EMBARK_ACTION" && forget && cargo build --release --locked --package embark-cli --bin embark) ||
        fail "embark cannot be built"
    program=$CARGO_TARGET_DIR/release/embark
}

folder=$RUNNER_TEMP/embark
version=${INPUT_VERSION-}
if [[ -z $version && -n ${INPUT_SHA256-} ]]; then fail "sha256 is given without the version that it is of"; fi

mkdir -p "$folder"
if [[ -n $version ]]; then download "$version" "${INPUT_SHA256-}"; else build; fi
printf 'program=%s\n' "$program" >>"$GITHUB_OUTPUT"
