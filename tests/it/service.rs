//! As a service: what the real binary tells a service manager, over the socket that systemd would name.
use std::{
    os::{linux::net::SocketAddrExt, unix::net},
    path::Path,
    process::ExitStatus,
};

use tokio::{net::UnixDatagram, process::Command, time::timeout};

use crate::support::program::{PATIENCE, Program, ended, livecap};

const TYPED: &str = "[lines.typed]\npath = \"typed\"\n\
                     [broadcast.web]\nfrom = \"typed\"\nlisten = \"127.0.0.1:0\"\n";

/// Stands in for systemd: the end of the socket where it listens.
struct Manager(UnixDatagram);

impl Manager {
    fn of(command: &mut Command, folder: &Path) -> Manager {
        let path = folder.join("notify");
        command.env("NOTIFY_SOCKET", &path);
        Manager(UnixDatagram::bind(path).unwrap())
    }

    fn abstract_of(command: &mut Command, name: &str) -> Manager {
        let name = format!("livecap-{name}-{}", std::process::id());
        let address = net::SocketAddr::from_abstract_name(&name).unwrap();
        let socket = net::UnixDatagram::bind_addr(&address).unwrap();
        socket.set_nonblocking(true).unwrap();
        command.env("NOTIFY_SOCKET", format!("@{name}"));
        Manager(UnixDatagram::from_std(socket).unwrap())
    }

    /// The lines of the next message.
    async fn next(&self) -> Vec<String> {
        let mut bytes = [0; 4096];
        let got = timeout(PATIENCE, self.0.recv(&mut bytes)).await.expect("a message").unwrap();
        let text = std::str::from_utf8(&bytes[..got]).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// The status that comes with the next message of which this is a line.
    async fn told(&self, line: &str) -> String {
        loop {
            let lines = self.next().await;
            if lines.iter().any(|it| it == line) {
                return status(&lines);
            }
            assert!(!lines.iter().any(|it| it == "STOPPING=1"), "it stops before `{line}`");
        }
    }
}

fn status(lines: &[String]) -> String {
    lines.iter().find_map(|it| it.strip_prefix("STATUS=")).expect("a status").to_owned()
}

/// `text` as a pipeline whose lines somebody types into a pipe, in a folder of its own.
fn typed(text: &str) -> (tempfile::TempDir, Command) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pipeline.toml"), text).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("typed")).status();
    assert!(made.unwrap().success());
    let command = livecap(folder.path(), &["run", "pipeline.toml"]);
    (folder, command)
}

/// Opens the pipe, which waits for the program to open its end.
async fn keyboard(folder: &Path) -> std::fs::File {
    let pipe = folder.join("typed");
    let opened = tokio::task::spawn_blocking(|| std::fs::File::create(pipe)).await;
    opened.unwrap().unwrap()
}

async fn stopped(program: Program) -> (ExitStatus, String) {
    program.signal("TERM").await;
    program.exit().await
}

#[tokio::test]
async fn a_run_is_ready_once_all_its_stages_are_and_says_when_it_stops() {
    let (folder, mut command) = typed(TYPED);
    let manager = Manager::of(&mut command, folder.path());
    let mut program = Program::start(command);
    assert_eq!(manager.next().await, ["STATUS=loading models"]);
    // The pipe has no writer yet, so the stage that reads it cannot have come to work.
    let keyboard = keyboard(folder.path()).await;
    let address = program.address().await;
    let lines = manager.next().await;
    assert_eq!(lines[0], "READY=1");
    assert!(status(&lines).contains(&address), "{lines:?} names {address}");
    let (exit, err) = {
        program.signal("TERM").await;
        assert_eq!(manager.told("STOPPING=1").await, "draining");
        program.exit().await
    };
    assert_eq!(exit.code(), Some(0), "{err}");
    drop(keyboard);
}

#[tokio::test]
async fn a_container_s_abstract_socket_is_reached() {
    let (folder, mut command) = typed(TYPED);
    let manager = Manager::abstract_of(&mut command, "run");
    let program = Program::start(command);
    let keyboard = keyboard(folder.path()).await;
    manager.told("READY=1").await;
    let (exit, err) = stopped(program).await;
    assert_eq!(exit.code(), Some(0), "{err}");
    drop(keyboard);
}

#[tokio::test]
async fn it_lives_also_after_its_input_has_ended_while_the_captions_stay_up() {
    let (folder, mut command) = typed(TYPED);
    let manager = Manager::of(&mut command, folder.path());
    command.env("WATCHDOG_USEC", "20000");
    let program = Program::start(command);
    let keyboard = keyboard(folder.path()).await;
    manager.told("READY=1").await;
    assert!(manager.told("WATCHDOG=1").await.starts_with("live on http"));
    drop(keyboard);
    while !manager.told("WATCHDOG=1").await.starts_with("ended") {}
    manager.told("WATCHDOG=1").await;
    let (exit, err) = stopped(program).await;
    assert_eq!(exit.code(), Some(0), "{err}");
}

#[tokio::test]
async fn a_relay_tells_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = livecap(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let manager = Manager::of(&mut command, folder.path());
    command.env("WATCHDOG_USEC", "20000");
    let mut program = Program::start(command);
    let address = program.address().await;
    let lines = manager.next().await;
    assert_eq!(lines, ["READY=1".to_owned(), format!("STATUS=serving {address}, viewers: 0")]);
    manager.told("WATCHDOG=1").await;
    program.signal("TERM").await;
    manager.told("STOPPING=1").await;
    let (exit, err) = program.exit().await;
    assert_eq!(exit.code(), Some(0), "{err}");
}

#[tokio::test]
async fn a_manager_that_is_not_there_is_named_and_keeps_nobody_from_running() {
    let (folder, mut command) =
        typed("[lines.typed]\npath = \"typed\"\n[lines.out]\nfrom = \"typed\"\n");
    command.env("NOTIFY_SOCKET", "/nowhere/notify").arg("--exit");
    let (ended, _) = tokio::join!(ended(command), async { drop(keyboard(folder.path()).await) });
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("NOTIFY_SOCKET cannot be reached"), "{}", ended.err);
}

/// Without a manager it would stay, so that the captions can still be read. A manager starts it anew.
#[cfg(feature = "whisper")]
#[tokio::test]
async fn a_pipeline_that_gives_up_ends_the_process_for_its_manager() {
    let source = "[command.camera]\ncommand = [\"false\"]\nrate = 16000\nrestart = { limit = 0 }\n\
                  [resample.speech]\nfrom = \"camera\"\n\
                  [whisper.english]\nfrom = \"speech\"\nmodel = \"demo\"\n\
                  [broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\n";
    let (folder, mut command) = typed(source);
    let manager = Manager::of(&mut command, folder.path());
    let ended = ended(command).await;
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    while !manager.next().await.iter().any(|it| it == "STOPPING=1") {}
}

#[cfg(feature = "whisper")]
#[tokio::test]
async fn no_sign_of_life_is_given_while_the_recogniser_is_stuck() {
    let recording = crate::run::pipeline(
        &crate::run::shipped("demo.flac"),
        "\"max\"",
        "patience = \"10ms\"\n[lines.out]\nfrom = \"english\"\npath = \"out.jsonl\"\n",
    );
    let (folder, mut command) = typed(&recording);
    let manager = Manager::of(&mut command, folder.path());
    // A look each millisecond: a decode takes far longer, so that several find it at work.
    command.env("WATCHDOG_USEC", "2000").arg("--exit");
    let program = Program::start(command);
    let stuck = loop {
        let lines = manager.next().await;
        let said = status(&lines);
        if said.starts_with("stuck") {
            break lines;
        }
        assert!(!lines.contains(&"STOPPING=1".to_owned()), "no look found it at work");
    };
    assert!(stuck[0].starts_with("STATUS=stuck: `english` has been at one item for "), "{stuck:?}");
    assert_eq!(stuck.len(), 1, "no sign of life: {stuck:?}");
    program.signal("KILL").await;
    program.exit().await;
}
