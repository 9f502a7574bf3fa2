//! Notices when the built pages change: what the compiler embeds is no source file, and cargo would not look.
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A path that is absent counts as changed at every build, so without the pages their parent is watched.
    let watched = if Path::new("web/dist").exists() { "web/dist" } else { "web" };
    println!("cargo:rerun-if-changed={watched}");
}
