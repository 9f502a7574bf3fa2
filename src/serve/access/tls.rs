//! TLS for a server: its certificate and key from PEM files, and again when those change.
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::TlsAcceptor;

/// Files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it, its own first.
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// What a server speaks TLS with. A connection goes on with what it began with.
pub(crate) struct Tls {
    files: TlsFiles,
    now: Mutex<TlsAcceptor>,
    told_of_plain: AtomicBool,
}

impl Tls {
    /// The error says which file is not as it should be.
    pub(crate) fn read(files: TlsFiles) -> Result<(Tls, Watch), String> {
        // Seen first: what changes while it is read is read again.
        let watch = Watch { known: Seen::of(&files), fresh: None };
        let now = Mutex::new(acceptor(&files)?);
        Ok((Tls { files, now, told_of_plain: AtomicBool::new(false) }, watch))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is the first request without TLS that comes here: one line says what to do, and not thousands.
    pub(crate) fn is_first_plain(&self) -> bool {
        !self.told_of_plain.swap(true, Relaxed)
    }

    /// Looks at the files for as long as the server lives.
    pub(crate) async fn keep_watch(self: Arc<Tls>, mut watch: Watch, every: Duration) {
        let mut look = interval(every.max(Duration::from_millis(1)));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            let tls = self.clone();
            // Files may lie where reading takes its time.
            let looked = spawn_blocking(move || {
                if watch.is_due(Seen::of(&tls.files)) {
                    tls.read_again();
                }
                watch
            });
            let Ok(looked) = looked.await else { return };
            watch = looked;
        }
    }

    fn read_again(&self) {
        match acceptor(&self.files) {
            Ok(new) => {
                *self.now.lock().unwrap_or_else(PoisonError::into_inner) = new;
                tracing::info!(cert = %self.files.cert.display(), "the certificate was read again");
            }
            Err(why) => {
                tracing::warn!(why, "the new certificate cannot be used: the one before stays");
            }
        }
    }
}

/// When the files are read again.
pub(crate) struct Watch {
    known: Seen,
    /// Something new, that is read once it is the same at the next look: certificate and key are written one after the other.
    fresh: Option<Seen>,
}

impl Watch {
    fn is_due(&mut self, now: Seen) -> bool {
        if now == self.known {
            self.fresh = None;
            return false;
        }
        if self.fresh.as_ref() == Some(&now) {
            (self.known, self.fresh) = (now, None);
            return true;
        }
        self.fresh = Some(now);
        false
    }
}

/// How the files were when they were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen([Option<Stamp>; 2]);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    /// Those who renew certificates put links to new files where links to old ones were.
    place: Option<PathBuf>,
}

impl Seen {
    fn of(files: &TlsFiles) -> Seen {
        let stamp = |path: &Path| -> io::Result<Stamp> {
            let found = path.metadata()?;
            let (modified, place) = (found.modified().ok(), path.canonicalize().ok());
            Ok(Stamp { modified, bytes: found.len(), place })
        };
        Seen([&files.cert, &files.key].map(|it| stamp(it).ok()))
    }
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, String> {
    let (cert, key) = (files.cert.display(), files.key.display());
    let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect)
        .map_err(|error| format!("cannot read a certificate from {cert}: {error}"))?;
    if chain.is_empty() {
        return Err(format!("there is no certificate in {cert}: it should be in PEM"));
    }
    let private = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| format!("cannot read a private key from {key}: {error}"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| format!("the certificate in {cert} and the key in {key}: {error}"))?;
    let mut config = config;
    // A websocket begins as HTTP/1.1, and that is all that is spoken here.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// How a request without TLS begins: with the name of a method, where a handshake begins with the byte 22.
pub(crate) fn is_plain(first: &[u8]) -> bool {
    first.first().is_some_and(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use std::fs;

    fn write(files: &TlsFiles, name: &str) {
        let made = generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let CertifiedKey { cert, signing_key } = made;
        fs::write(&files.cert, cert.pem()).unwrap();
        fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    }

    #[test]
    fn new_files_are_read_once_they_stay_and_a_broken_pair_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name| folder.path().join(name);
        let files = TlsFiles { cert: place("cert.pem"), key: place("key.pem") };
        write(&files, "a.example");
        let (tls, mut watch) = Tls::read(files.clone()).unwrap();
        let config = || tls.acceptor().config().clone();
        let first = config();
        assert!(!watch.is_due(Seen::of(&files)), "nothing has changed");

        write(&files, "longer.example");
        assert!(!watch.is_due(Seen::of(&files)), "it may not be whole yet");
        assert!(watch.is_due(Seen::of(&files)));
        tls.read_again();
        let second = config();
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(!watch.is_due(Seen::of(&files)), "it was read");

        // A key that belongs to another certificate, half a file, and none.
        let other = TlsFiles { cert: place("other.pem"), key: files.key.clone() };
        write(&other, "other.example");
        tls.read_again();
        fs::write(&files.cert, "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
        tls.read_again();
        fs::remove_file(&files.key).unwrap();
        tls.read_again();
        assert!(Arc::ptr_eq(&config(), &second));
        assert!(!watch.is_due(Seen::of(&files)) && watch.is_due(Seen::of(&files)));

        write(&files, "again.example");
        tls.read_again();
        assert!(!Arc::ptr_eq(&config(), &second));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_another_file_is_something_new() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for name in ["1.pem", "2.pem"] {
            fs::write(place(name), "the same").unwrap();
            let file = fs::File::open(place(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        let files = TlsFiles { cert: place("cert.pem"), key: place("1.pem") };
        std::os::unix::fs::symlink(place("1.pem"), &files.cert).unwrap();
        let before = Seen::of(&files);
        fs::remove_file(&files.cert).unwrap();
        std::os::unix::fs::symlink(place("2.pem"), &files.cert).unwrap();
        assert_ne!(Seen::of(&files), before);
    }

    #[test]
    fn a_request_without_tls_is_known_by_its_first_byte() {
        for plain in ["GET / HTTP/1.1", "POST", "PRI * HTTP/2.0"] {
            assert!(is_plain(plain.as_bytes()), "{plain}");
        }
        assert!(!is_plain(&[22, 3, 1]) && !is_plain(&[]));
    }
}
