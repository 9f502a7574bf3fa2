//! What stands between a speaker and its server, and can be cut: every connection at once, and further ones are hung up on.
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Notify,
};

pub(super) struct Way {
    address: SocketAddr,
    cut: Arc<Notify>,
    is_open: Arc<AtomicBool>,
}

impl Way {
    pub(super) async fn to(server: SocketAddr) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, is_open) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(true)));
        let way = Way { address, cut: cut.clone(), is_open: is_open.clone() };
        tokio::spawn(async move {
            loop {
                let (mut here, _) = listener.accept().await.unwrap();
                if !is_open.load(SeqCst) {
                    continue;
                }
                let cut = cut.clone();
                tokio::spawn(async move {
                    let cut = cut.notified();
                    let mut there = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut here, &mut there) => (),
                        () = cut => (),
                    }
                });
            }
        });
        way
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whoever is connected is not any more.
    pub(super) fn cut(&self) {
        self.cut.notify_waiters();
    }

    pub(super) fn close(&self) {
        self.is_open.store(false, SeqCst);
        self.cut();
    }

    pub(super) fn open(&self) {
        self.is_open.store(true, SeqCst);
    }
}
