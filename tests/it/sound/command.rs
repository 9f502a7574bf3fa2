//! A real child process as a source: its sound, how it ends, and that no process is left behind.
use std::path::Path;

use livecap::{
    message::{AudioFrame, MediaTime, SampleRate, Why},
    stages::command::{Command, CommandError, CommandSettings, RawFormat, SampleFormat},
};
use tokio::time::timeout;

use super::*;

/// No step takes longer, on any machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A shell script. Its output is 16 kHz mono, so 640 bytes are a frame.
fn script(script: &str) -> CommandSettings {
    CommandSettings {
        program: "sh".into(),
        args: vec!["-c".to_owned(), script.to_owned()],
        folder: None,
        restart_when_ended: false,
        samples: RawFormat::new(SampleFormat::S16le, SampleRate::SPEECH, NonZeroUsize::MIN),
        grace: LIMIT,
    }
}

/// The error of a transient fault.
#[track_caller]
fn transient_error(ended: Result<(), Fault>) -> String {
    let Err(Fault::Transient(error)) = ended else { panic!("{ended:?}") };
    assert!(error.downcast_ref::<CommandError>().is_some());
    error.to_string()
}

/// The frames of one run, without the interruption at its end.
async fn frames_of(command: &mut Command) -> (Result<(), Fault>, Vec<AudioFrame>) {
    let (ended, mut frames) = all_of(command).await;
    let end = frames.pop().unwrap();
    assert!(end.is_interruption() && end.start == frames.last().unwrap().span().end(), "{end:?}");
    (ended, frames)
}

/// Whether there is a process with this id.
fn exists(pid: &str) -> bool {
    Path::new("/proc").join(pid.trim()).exists()
}

#[tokio::test]
async fn the_output_is_read_to_its_last_sample() {
    let (ended, frames) = frames_of(&mut Command::new(script("head -c 64001 /dev/zero"))).await;
    ended.unwrap();
    assert_eq!(frames.iter().map(|it| it.samples.len()).sum::<usize>(), 32_000);
    assert!(frames.windows(2).all(|pair| pair[0].span().end() == pair[1].start));
    assert!(frames.iter().all(|it| it.hole.is_none()));
}

#[tokio::test]
async fn success_is_a_transient_fault_with_restart_when_ended() {
    let settings = CommandSettings { restart_when_ended: true, ..script("head -c 1280 /dev/zero") };
    let mut command = Command::new(settings);
    let (ended, frames) = frames_of(&mut command).await;
    assert_eq!(frames.len(), 2);
    assert!(transient_error(ended).contains("`sh` ended with exit status: 0"));
    // The next run continues the timeline, and marks the gap.
    let (_, more) = all_of(&mut command).await;
    assert!(more[0].start >= frames[1].span().end() && more[0].hole == Some(Why::Device));
}

#[tokio::test]
async fn the_error_of_a_failure_names_the_program_its_status_and_its_last_line() {
    let failing =
        script("head -c 640 /dev/zero; echo first >&2; printf 'no such stream\\r\\n' >&2; exit 3");
    let (ended, frames) = frames_of(&mut Command::new(failing)).await;
    assert_eq!(frames.len(), 1);
    let text = transient_error(ended);
    assert!(
        text.contains("`sh`") && text.contains("exit status: 3") && text.contains("no such stream"),
        "{text}"
    );
}

#[tokio::test]
async fn a_missing_program_is_a_permanent_fault() {
    let missing = CommandSettings { program: "livecap-has-no-such-program".into(), ..script("") };
    let (ended, _) = all_of(&mut Command::new(missing)).await;
    let Err(Fault::Permanent(error)) = ended else { panic!("{ended:?}") };
    assert!(error.to_string().contains("install it"), "{error}");
}

#[tokio::test]
async fn the_time_between_two_runs_is_a_gap() {
    let mut command = Command::new(script("head -c 6400 /dev/zero; exit 1"));
    let (ended, first) = frames_of(&mut command).await;
    transient_error(ended);
    let (ended, second) = frames_of(&mut command).await;
    transient_error(ended);
    assert_eq!((first[0].start, first[0].hole), (MediaTime::ZERO, None));
    let end = first.last().unwrap();
    let passed = second[0].trace.captured() - end.trace.captured();
    let expected = end.span().end() + (passed - second[0].duration().min(passed));
    assert_eq!((second[0].start, second[0].hole), (expected, Some(Why::Device)));
    assert!(second[1..].iter().all(|it| it.hole.is_none()));
    assert_eq!(second.len(), 10);
}

#[tokio::test]
async fn a_stop_sends_sigterm_and_leaves_no_process() {
    // It writes its process id, then sound without end. On SIGTERM it writes `asked` and exits.
    let polite =
        "echo $$ >&3; trap 'echo asked >&3; exit 0' TERM; while :; do head -c 640 /dev/zero; done";
    let (written, ended) = stopped(polite, LIMIT).await;
    ended.unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[1..], ["asked"]);
    assert!(!exists(lines[0]));
}

#[tokio::test]
async fn a_child_that_ignores_sigterm_is_killed() {
    let stubborn =
        "echo $$ >&3; trap '' TERM PIPE; while :; do head -c 640 /dev/zero; done 2>/dev/null";
    let (written, ended) = stopped(stubborn, Duration::from_millis(20)).await;
    ended.unwrap();
    assert!(!exists(written.lines().next().unwrap()));
}

#[tokio::test]
async fn the_child_is_killed_when_a_run_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written");
    let endless = format!(
        "exec 3>{}; echo $$ >&3; while :; do head -c 640 /dev/zero; done",
        written.display()
    );
    let mut command = Command::new(script(&endless));
    let (out, mut inlet) = outlet(4, WhenFull::Wait);
    let run = tokio::spawn(async move { command.run(&out, CancellationToken::new()).await });
    next(&mut inlet).await.unwrap();
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    let pid = std::fs::read_to_string(written).unwrap();
    // tokio reaps it as soon as the kernel reports its exit.
    let gone = async {
        while exists(&pid) {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, gone).await.unwrap();
}

/// Runs a script until its first frame, then stops it. Returns what it wrote to descriptor 3, and the result.
async fn stopped(text: &str, grace: Duration) -> (String, Result<(), Fault>) {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written");
    let settings =
        CommandSettings { grace, ..script(&format!("exec 3>{}; {text}", written.display())) };
    let mut command = Command::new(settings);
    let (out, mut inlet) = outlet(4, WhenFull::DropOldest);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let run = tokio::spawn(async move { command.run(&out, stopped).await });
    next(&mut inlet).await.unwrap();
    stop.cancel();
    let ended = timeout(LIMIT, run).await.unwrap().unwrap();
    (std::fs::read_to_string(written).unwrap(), ended)
}
