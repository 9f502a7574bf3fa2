//! Links the part of ggml that calls this crate, where whisper.cpp was built with it (`GGML_BLAS` in `.cargo/config.toml`).
use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=GGML_BLAS");
    // On macOS ggml calls Apple's own library, and whisper-rs links that.
    let macos = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|it| it == "macos");
    if macos || env::var("GGML_BLAS").as_deref() != Ok("ON") {
        return;
    }
    if !was_built() {
        // Cargo does not build a crate again when a variable in `[env]` changes.
        println!(
            "cargo::error=whisper.cpp was built before GGML_BLAS was set. Remedy: cargo clean -p whisper-rs-sys, with --release for that profile"
        );
    }
    // Whole: what calls into it comes later on the linker's command line.
    println!("cargo:rustc-link-lib=static:+whole-archive=ggml-blas");
}

/// Whether a build of whisper-rs-sys beside this one made the library.
fn was_built() -> bool {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let builds = out.ancestors().nth(2).expect("OUT_DIR lies two folders below all builds");
    let made = |build: &Path| {
        ["out/lib", "out/lib64"].iter().any(|lib| {
            let lib = build.join(lib);
            lib.join("libggml-blas.a").exists() || lib.join("ggml-blas.lib").exists()
        })
    };
    fs::read_dir(builds).into_iter().flatten().flatten().any(|it| {
        it.file_name().to_string_lossy().starts_with("whisper-rs-sys-") && made(&it.path())
    })
}
