//! A server under load: started, looked at from outside, ended.
use std::{fs, path::PathBuf, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Livecap,
    Node,
    Python,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Livecap => "livecap serve",
            Kind::Node => "node socket.io",
            Kind::Python => "python-socketio",
        }
    }
}

pub struct Peer {
    process: Child,
    pub url: String,
}

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

impl Peer {
    pub async fn start(kind: Kind) -> Result<Peer, String> {
        let mut command = match kind {
            Kind::Livecap => Command::new(env!("CARGO_BIN_EXE_livecap")),
            Kind::Node => Command::new("node"),
            Kind::Python => Command::new(root("target/peers/venv/bin/python")),
        };
        match kind {
            Kind::Livecap => command.args(["serve", "--listen", "127.0.0.1:0"]),
            Kind::Node => command.arg(root("benches/peers/node.mjs")).arg(root("target/peers")),
            Kind::Python => command.arg(root("benches/peers/python_server.py")),
        };
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let missing = |error| format!("{error}: benches/peers/setup installs the peers");
        let mut process = command.spawn().map_err(missing)?;
        let (out, err) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        let mut line = String::new();
        match kind {
            // What else it says is of no interest, and must not fill the pipe.
            Kind::Livecap => {
                let mut err = BufReader::new(err);
                err.read_line(&mut line).await.map_err(|error| error.to_string())?;
                tokio::spawn(
                    async move { tokio::io::copy(&mut err, &mut tokio::io::sink()).await },
                );
            }
            Kind::Node | Kind::Python => {
                let read = BufReader::new(out).read_line(&mut line).await;
                read.map_err(|error| error.to_string())?;
            }
        }
        let port = line.trim().rsplit(':').next().unwrap_or_default().to_owned();
        if port.parse::<u16>().is_err() {
            return Err(format!(
                "it did not start: {line}; benches/peers/setup installs the peers"
            ));
        }
        Ok(Peer { process, url: format!("http://127.0.0.1:{port}") })
    }

    pub fn of(process: Child, url: &str) -> Peer {
        Peer { process, url: url.to_owned() }
    }

    /// Seconds of processor time so far.
    pub fn cpu(&self) -> f64 {
        let stat = self.proc("stat");
        // Behind the name, which may hold anything: fields 14 and 15 in ticks of 10 ms.
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0)
            / 1024.0
    }

    fn proc(&self, file: &str) -> String {
        let id = self.process.id().unwrap_or_default();
        fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default()
    }
}
