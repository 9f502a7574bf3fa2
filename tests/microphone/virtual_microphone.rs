//! A virtual microphone: a private PulseAudio daemon whose only source is the monitor of its only sink.
use std::{io::Write, path::Path, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    sync::{Mutex, MutexGuard},
    time::{MissedTickBehavior, interval, timeout},
};

/// Its name in a device list.
pub(crate) const NAME: &str = "Monitor of Feed";
pub(crate) const ID: &str = "mic_feed.monitor";
/// Samples per second. 16-bit mono audio played at this rate is captured bit for bit.
pub(crate) const RATE: u32 = 48_000;

const SETTINGS: &str = "feed.pa";
const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(50);

/// Its sample format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// As PulseAudio calls it.
    pub(crate) format: &'static str,
    pub(crate) rate: u32,
    pub(crate) channels: u16,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape { format: "s16le", rate: RATE, channels: 1 }
    }
}

/// One at a time: each is captured in real time, and two would slow each other down.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Dropping it ends its daemon and removes its folder.
pub(crate) struct VirtualMicrophone {
    _alone: MutexGuard<'static, ()>,
    folder: TempDir,
    daemon: Child,
    shape: Shape,
}

impl VirtualMicrophone {
    /// `None`, with a line that says why, if PulseAudio is not installed. In CI on Debian that is a failure, because it can be
    /// installed there.
    pub(crate) async fn plugged_in(shape: Shape) -> Option<VirtualMicrophone> {
        let installed = ["pulseaudio", "pactl", "paplay"].map(is_installed);
        if installed.contains(&false) {
            let ours = std::env::var("CI").is_ok_and(|it| it == "true")
                && Path::new("/etc/debian_version").exists();
            assert!(
                !ours,
                "apt-get install -y --no-install-recommends pulseaudio pulseaudio-utils"
            );
            say(
                "skipped: a virtual microphone (pulseaudio and pulseaudio-utils are not installed)",
            );
            return None;
        }
        let alone = ALONE.lock().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = folder.path().join("native");
        let native =
            format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display());
        let settings = format!(
            "load-module {native}\nload-module module-null-sink {}\nset-default-sink mic_feed\nset-default-source {ID}\n",
            shape.sink().join(" ")
        );
        std::fs::write(folder.path().join(SETTINGS), settings).expect("the daemon's settings");
        let daemon = daemon(folder.path());
        let microphone = VirtualMicrophone { _alone: alone, folder, daemon, shape };
        microphone.until_it_answers().await;
        Some(microphone)
    }

    /// A program for which this is the only microphone.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        inside(self.folder.path(), program)
    }

    /// A folder for files that is removed with it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Plays a WAV file into it, to its end.
    pub(crate) async fn play(&self, recording: &Path) {
        let mut player = self.command("paplay");
        // A long buffer: a busy machine must not tear holes into what is played.
        player.args(["--device=mic_feed", "--latency-msec=1000"]).arg(recording);
        // As long as the recording lasts, and a while.
        let played = timeout(3 * PATIENCE, player.status()).await.expect("paplay ends in time");
        assert!(played.expect("paplay runs").success());
    }

    pub(crate) async fn unplug(&self) {
        self.pactl(&["unload-module", "module-null-sink"]).await;
    }

    pub(crate) async fn plug_in_again(&self) {
        let sink = self.shape.sink();
        let sink = sink.iter().map(String::as_str);
        let load: Vec<&str> = ["load-module", "module-null-sink"].into_iter().chain(sink).collect();
        self.pactl(&load).await;
        self.pactl(&["set-default-source", ID]).await;
    }

    /// Ends the daemon, as a crash would.
    pub(crate) async fn kill_the_server(&mut self) {
        self.daemon.kill().await.expect("the daemon was running");
    }

    pub(crate) async fn start_the_server_again(&mut self) {
        self.daemon = daemon(self.folder.path());
        self.until_it_answers().await;
    }

    async fn pactl(&self, arguments: &[&str]) {
        let output = timeout(PATIENCE, self.command("pactl").args(arguments).output()).await;
        let output = output.expect("pactl ends in time").expect("pactl runs");
        assert!(output.status.success(), "pactl {arguments:?}: {output:?}");
    }

    /// Waits until a program captures from it: audio played before is lost.
    pub(crate) async fn until_captured(&self) {
        self.until("somebody listens", &["list", "source-outputs"], "Corked: no").await;
    }

    async fn until_it_answers(&self) {
        self.until("pulseaudio answers", &["list", "short", "sources"], ID).await;
    }

    /// Polls, because there is no event of another program to wait for.
    async fn until(&self, what: &str, question: &[&str], answer: &str) {
        let answered = async {
            let mut glance = interval(GLANCE);
            glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                glance.tick().await;
                let output = self.command("pactl").args(question).output().await;
                let output = output.expect("pactl runs").stdout;
                if String::from_utf8_lossy(&output).contains(answer) {
                    return;
                }
            }
        };
        let answered = timeout(PATIENCE, answered).await;
        assert!(answered.is_ok(), "{what} within {PATIENCE:?}");
    }
}

impl Drop for VirtualMicrophone {
    fn drop(&mut self) {
        // The folder goes after it.
        let _ = self.daemon.start_kill();
    }
}

impl Shape {
    fn sink(self) -> [String; 6] {
        [
            "sink_name=mic_feed".to_owned(),
            format!("format={}", self.format),
            format!("rate={}", self.rate),
            format!("channels={}", self.channels),
            // Without it the first sound comes after one to two seconds.
            "norewinds=1".to_owned(),
            "sink_properties=device.description=Feed".to_owned(),
        ]
    }
}

fn daemon(folder: &Path) -> Child {
    let mut daemon = inside(folder, "pulseaudio");
    daemon.args(["-n", "-F"]).arg(folder.join(SETTINGS)).args([
        "--daemonize=no",
        "--exit-idle-time=-1",
        "--disallow-exit",
        "--realtime=no",
        "--high-priority=no",
        "--use-pid-file=no",
        "--log-target=stderr",
    ]);
    daemon.stderr(Stdio::null()).spawn().expect("pulseaudio starts")
}

fn inside(folder: &Path, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    let server = format!("unix:{}", folder.join("native").display());
    command
        .env("PULSE_SERVER", server)
        .env("XDG_RUNTIME_DIR", folder)
        .env("HOME", folder)
        // What it says is read.
        .env("LC_ALL", "C")
        .env_remove("PULSE_RUNTIME_PATH")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Past the harness, which keeps what passing tests print: figures, and why a test was skipped, are for whoever runs them.
pub(crate) fn say(line: &str) {
    writeln!(std::io::stderr().lock(), "{line}").expect("standard error is open");
}
