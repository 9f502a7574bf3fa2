//! A real child process as a source: its sound, its endings, and that nothing of it stays behind.
use std::path::Path;

use livecap::{
    message::{AudioFrame, MediaTime, SampleRate, Why},
    stages::command::{Command, CommandError, CommandSettings, RawFormat, SampleFormat},
};
use tokio::time::timeout;

use super::*;

/// Longer than anything here takes, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// A shell's script; its sound is 16 kHz mono, so 640 bytes are a frame.
fn script(script: &str) -> CommandSettings {
    CommandSettings {
        program: "sh".into(),
        args: vec!["-c".to_owned(), script.to_owned()],
        folder: None,
        restart_when_ended: false,
        samples: RawFormat::new(SampleFormat::S16le, SampleRate::SPEECH, NonZeroUsize::MIN),
        grace: PATIENCE,
    }
}

/// The error of a transient fault.
#[track_caller]
fn ended_badly(ended: Result<(), Fault>) -> String {
    let Err(Fault::Transient(error)) = ended else { panic!("{ended:?}") };
    assert!(error.downcast_ref::<CommandError>().is_some());
    error.to_string()
}

/// What a life gives, without what it says behind all its sound: that none follows for now.
async fn sound_of(command: &mut Command) -> (Result<(), Fault>, Vec<AudioFrame>) {
    let (ended, mut frames) = all_of(command).await;
    let end = frames.pop().unwrap();
    assert!(end.is_interruption() && end.start == frames.last().unwrap().span().end(), "{end:?}");
    (ended, frames)
}

/// Whether a process of this number still stands in the table of Linux.
fn exists(pid: &str) -> bool {
    Path::new("/proc").join(pid.trim()).exists()
}

#[tokio::test]
async fn a_program_that_ends_well_is_heard_to_its_last_sample() {
    let (ended, frames) = sound_of(&mut Command::new(script("head -c 64001 /dev/zero"))).await;
    ended.unwrap();
    assert_eq!(frames.iter().map(|it| it.samples.len()).sum::<usize>(), 32_000);
    assert!(frames.windows(2).all(|pair| pair[0].span().end() == pair[1].start));
    assert!(frames.iter().all(|it| it.hole.is_none()));
}

#[tokio::test]
async fn one_that_ends_well_is_as_one_that_failed_where_a_stream_has_no_end() {
    let settings = CommandSettings { restart_when_ended: true, ..script("head -c 1280 /dev/zero") };
    let mut command = Command::new(settings);
    let (ended, frames) = sound_of(&mut command).await;
    assert_eq!(frames.len(), 2);
    assert!(ended_badly(ended).contains("`sh` ended with exit status: 0"));
    // The next life goes on behind it, and says that something is missing.
    let (_, more) = all_of(&mut command).await;
    assert!(more[0].start >= frames[1].span().end() && more[0].hole == Some(Why::Device));
}

#[tokio::test]
async fn a_failure_names_the_program_its_status_and_its_last_words() {
    let failing =
        script("head -c 640 /dev/zero; echo first >&2; printf 'no such stream\\r\\n' >&2; exit 3");
    let (ended, frames) = sound_of(&mut Command::new(failing)).await;
    assert_eq!(frames.len(), 1);
    let text = ended_badly(ended);
    assert!(
        text.contains("`sh`") && text.contains("exit status: 3") && text.contains("no such stream"),
        "{text}"
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_not_tried_again() {
    let missing = CommandSettings { program: "livecap-has-no-such-program".into(), ..script("") };
    let (ended, _) = all_of(&mut Command::new(missing)).await;
    let Err(Fault::Permanent(error)) = ended else { panic!("{ended:?}") };
    assert!(error.to_string().contains("install it"), "{error}");
}

#[tokio::test]
async fn the_time_between_two_lives_is_a_hole() {
    let mut command = Command::new(script("head -c 6400 /dev/zero; exit 1"));
    let (ended, first) = sound_of(&mut command).await;
    ended_badly(ended);
    let (ended, second) = sound_of(&mut command).await;
    ended_badly(ended);
    assert_eq!((first[0].start, first[0].hole), (MediaTime::ZERO, None));
    let end = first.last().unwrap();
    let passed = second[0].trace.captured() - end.trace.captured();
    let expected = end.span().end() + (passed - second[0].duration().min(passed));
    assert_eq!((second[0].start, second[0].hole), (expected, Some(Why::Device)));
    assert!(second[1..].iter().all(|it| it.hole.is_none()));
    assert_eq!(second.len(), 10);
}

#[tokio::test]
async fn a_stop_asks_first_and_leaves_no_process() {
    // It says its number, then sound without end; asked to end, it says so and does.
    let polite =
        "echo $$ >&3; trap 'echo asked >&3; exit 0' TERM; while :; do head -c 640 /dev/zero; done";
    let (said, ended) = stopped(polite, PATIENCE).await;
    ended.unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[1..], ["asked"]);
    assert!(!exists(lines[0]));
}

#[tokio::test]
async fn what_does_not_end_when_asked_is_killed() {
    let stubborn =
        "echo $$ >&3; trap '' TERM PIPE; while :; do head -c 640 /dev/zero; done 2>/dev/null";
    let (said, ended) = stopped(stubborn, Duration::from_millis(20)).await;
    ended.unwrap();
    assert!(!exists(said.lines().next().unwrap()));
}

#[tokio::test]
async fn a_life_that_is_dropped_takes_its_child_along() {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let endless =
        format!("exec 3>{}; echo $$ >&3; while :; do head -c 640 /dev/zero; done", said.display());
    let mut command = Command::new(script(&endless));
    let (out, mut inlet) = outlet(4, WhenFull::Wait);
    let run = tokio::spawn(async move { command.run(&out, CancellationToken::new()).await });
    next(&mut inlet).await.unwrap();
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    let pid = std::fs::read_to_string(said).unwrap();
    // tokio collects it as soon as the kernel says that it is gone.
    let gone = async {
        while exists(&pid) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap();
}

/// Runs a script until its first frame, stops it, and gives what it said on descriptor 3.
async fn stopped(text: &str, grace: Duration) -> (String, Result<(), Fault>) {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let settings =
        CommandSettings { grace, ..script(&format!("exec 3>{}; {text}", said.display())) };
    let mut command = Command::new(settings);
    let (out, mut inlet) = outlet(4, WhenFull::DropOldest);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let run = tokio::spawn(async move { command.run(&out, stopped).await });
    next(&mut inlet).await.unwrap();
    stop.cancel();
    let ended = timeout(PATIENCE, run).await.unwrap().unwrap();
    (std::fs::read_to_string(said).unwrap(), ended)
}
