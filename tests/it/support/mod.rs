//! What several tests stand on.
#[cfg(feature = "whisper")]
pub(crate) mod program;
#[cfg(feature = "microphone")]
pub(crate) mod virtual_microphone;

/// Past the harness, which keeps what passing tests print: figures, and why a test was skipped, are for whoever runs them.
#[cfg(feature = "microphone")]
pub(crate) fn say(line: &str) {
    use std::io::Write;
    writeln!(std::io::stderr().lock(), "{line}").expect("standard error is open");
}
