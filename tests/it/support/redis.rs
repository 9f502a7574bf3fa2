//! A Redis server of the system's, on a socket in a folder of its own, that can be stopped, started and held still.
use std::{
    io::ErrorKind,
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};

use livecap::serve::{ClusterAddress, ClusterSettings, Role};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
    time::timeout,
};

use super::program::PATIENCE;

/// What becomes of its data when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Kept,
    Lost,
}

pub(crate) struct Redis {
    folder: TempDir,
    data: Data,
    more: Vec<String>,
    child: Option<Child>,
}

impl Redis {
    /// `None`, with a message, where it is not installed.
    pub(crate) async fn start(data: Data) -> Option<Redis> {
        let mut redis = Redis::new(data)?;
        redis.go().await;
        Some(redis)
    }

    /// Which answers over TLS at a port, too. The port is one that was free a moment ago: where somebody was faster, another.
    pub(crate) async fn with_tls(more: &[&str]) -> Option<(Redis, u16)> {
        let mut redis = Redis::new(Data::Lost)?;
        loop {
            let port = free_port();
            redis.more = vec!["--tls-port".to_owned(), port.to_string()];
            redis.more.extend(more.iter().map(|it| (*it).to_owned()));
            match redis.try_to_go().await {
                Ok(()) => return Some((redis, port)),
                Err(said) => assert!(said.contains("in use"), "redis-server ended early:\n{said}"),
            }
        }
    }

    fn new(data: Data) -> Option<Redis> {
        if let Err(error) = Command::new("redis-server").arg("--version").output() {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            println!("skipped: redis-server is not installed, `.ci/setup tests` does that");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        Some(Redis { folder, data, more: Vec::new(), child: None })
    }

    pub(crate) fn address(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// With every wait in milliseconds.
    pub(crate) fn cluster(&self, role: Role) -> ClusterSettings {
        self.named("live", role)
    }

    pub(crate) fn named(&self, name: &str, role: Role) -> ClusterSettings {
        let address = ClusterAddress::parse(&format!("{}?name={name}", self.address())).unwrap();
        let ms = Duration::from_millis;
        ClusterSettings {
            look: ms(20),
            wait: ms(5),
            longest_wait: ms(20),
            ..ClusterSettings::new(address, role)
        }
    }

    /// Returns when it takes connections.
    pub(crate) async fn go(&mut self) {
        self.try_to_go().await.unwrap_or_else(|said| panic!("redis-server ended early:\n{said}"));
    }

    /// The error is what it said.
    async fn try_to_go(&mut self) -> Result<(), String> {
        let mut command = tokio::process::Command::new("redis-server");
        command.args(["--port", "0", "--unixsocket"]).arg(self.folder.path().join("redis.sock"));
        command.arg("--dir").arg(self.folder.path()).args([
            "--save",
            "",
            "--appendfsync",
            "always",
        ]);
        let kept = if self.data == Data::Kept { "yes" } else { "no" };
        command.args(["--appendonly", kept]).args(&self.more);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        loop {
            let line = timeout(PATIENCE, lines.next_line()).await.expect("it starts").unwrap();
            let Some(line) = line else { return Err(said) };
            said = said + &line + "\n";
            if line.contains("eady to accept connections") {
                break;
            }
        }
        // What nobody reads would hold it up in the end.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
        Ok(())
    }

    /// At once, as when the machine goes.
    pub(crate) async fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().await.unwrap();
    }

    /// `STOP` holds it still, `CONT` lets it go on.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.as_ref().and_then(Child::id).expect("it runs").to_string();
        let sent = tokio::process::Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.unwrap().success());
    }

    pub(crate) async fn connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.address()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

/// For what cannot listen on a socket of a folder.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
