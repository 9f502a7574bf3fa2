//! `livecap devices` where the sound libraries have much to say.
use std::process::Command;

/// What is written to standard output and to standard error, by a machine whose ALSA names a plugin that nobody has.
fn devices(level: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("asound.conf");
    let plugin = "{ type nobody_has_this hint.description \"none\" }";
    std::fs::write(&path, format!("defaults.namehint.showall on\npcm.none {plugin}\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    command.env("ALSA_CONFIG_PATH", &path).env("PULSE_SERVER", "unix:/nowhere/at/all");
    let output = command.env("LIVECAP_LOG", level).arg("devices").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn what_alsa_says_by_itself_is_in_the_log_at_debug_and_nowhere_else() {
    let (listed, told) = devices("info");
    assert!(!told.contains("ALSA lib"), "{told}");
    let (listed_again, told) = devices("debug");
    assert_eq!(listed, listed_again);
    assert!(told.contains("ALSA lib"), "{told}");
    let is_logged = |it: &str| !it.contains("ALSA lib") || it.contains("a sound library says");
    assert!(told.lines().all(is_logged), "{told}");
}
