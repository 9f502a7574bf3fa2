//! What the sound libraries say by themselves, where they have much to say.
use std::process::{Command, Output};

const PIPELINE: &str = "[microphone.stage]\ndevice = \"nobody's\"\n\n\
    [record.sound]\nfrom = \"stage\"\npath = \"sound.wav\"\n";

/// What a command writes on a machine whose ALSA names a plugin that nobody has.
fn output(args: &[&str], level: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("asound.conf");
    let plugin = "{ type nobody_has_this hint.description \"none\" }";
    std::fs::write(&path, format!("defaults.namehint.showall on\npcm.none {plugin}\n")).unwrap();
    std::fs::write(folder.path().join("talk.toml"), PIPELINE).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_livecap"));
    command.env("ALSA_CONFIG_PATH", &path).env("PULSE_SERVER", "unix:/nowhere/at/all");
    command.env("LIVECAP_LOG", level).current_dir(folder.path()).args(args).output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn check_log(told: &str) {
    assert!(told.contains("ALSA lib"), "{told}");
    let is_logged = |it: &str| !it.contains("ALSA lib") || it.contains("a sound library says");
    assert!(told.lines().all(is_logged), "{told}");
}

#[test]
fn what_alsa_says_by_itself_is_in_the_log_at_debug_and_nowhere_else() {
    let quiet = output(&["devices"], "info");
    assert!(quiet.status.success() && !errors(&quiet).contains("ALSA lib"), "{quiet:?}");
    let debug = output(&["devices"], "debug");
    assert_eq!(quiet.stdout, debug.stdout);
    check_log(&errors(&debug));
}

/// `run` and `check` look for the microphone that the file names.
#[test]
fn a_missing_microphone_is_all_that_is_told_of_sound_devices() {
    for command in ["check", "run"] {
        let quiet = output(&[command, "talk.toml"], "info");
        // `check` has complaints for its result.
        let told = String::from_utf8(quiet.stdout.clone()).unwrap() + &errors(&quiet);
        assert!(told.contains("nobody's") && !told.contains("ALSA lib"), "{command}: {told}");
        check_log(&errors(&output(&[command, "talk.toml"], "debug")));
    }
}
