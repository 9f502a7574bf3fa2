//! Whether a model's bytes are the published ones.
use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{ModelEntry, Sums};

/// Takes a model's bytes as they come and says in the end whether they are the entry's.
#[derive(Clone)]
pub struct Checksum {
    sums: Sums,
    size: Option<u64>,
    seen: u64,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

/// The bytes are the entry's, by this sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub by: Kind,
    pub sum: String,
    /// A quoted SHA-256 that differs although the SHA-1 is right: the catalogue is wrong, not the file.
    pub doubt: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sha1,
    Sha256,
    Size,
}

/// The bytes are not the entry's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} should be {expected} and is {found}")]
pub struct Mismatch {
    pub kind: Kind,
    pub expected: String,
    pub found: String,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("cannot read {path}: {cause}")]
    Io { path: PathBuf, cause: io::Error },
    #[error("{path} is damaged: {mismatch}")]
    Damaged { path: PathBuf, mismatch: Mismatch },
}

impl Checksum {
    /// Computes no more than `entry` has sums to compare with.
    pub fn new(entry: &ModelEntry) -> Checksum {
        let sums = entry.sums.clone();
        let sure = sums.sha256.is_some();
        Checksum {
            size: entry.size,
            seen: 0,
            sha1: (!sure && sums.sha1.is_some()).then(Sha1::new),
            sha256: (sure || sums.sha256_quoted.is_some()).then(Sha256::new),
            sums,
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }

    /// How many bytes it took.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// A SHA-256 of a seen file decides; else the SHA-1; else a quoted SHA-256.
    pub fn finish(self) -> Result<Proof, Mismatch> {
        if let Some(size) = self.size.filter(|size| *size != self.seen) {
            let (expected, found) = (format!("{size} bytes"), format!("{} bytes", self.seen));
            return Err(Mismatch { kind: Kind::Size, expected, found });
        }
        let sha256 = self.sha256.map(|it| hexadecimal(&it.finalize()));
        let sha1 = self.sha1.map(|it| hexadecimal(&it.finalize()));
        let sums = self.sums;
        match (sums.sha256, sums.sha1, sums.sha256_quoted) {
            (Some(expected), _, _) => same(Kind::Sha256, expected, sha256),
            (None, Some(expected), quoted) => {
                let proof = same(Kind::Sha1, expected, sha1)?;
                let doubt = quoted.zip(sha256).filter(|(quoted, found)| quoted != found).map(|(quoted, found)| {
                    format!("the catalogue quotes the SHA-256 {quoted} and the file's is {found}, though its SHA-1 is right: please report it")
                });
                Ok(Proof { doubt, ..proof })
            }
            (None, None, Some(expected)) => same(Kind::Sha256, expected, sha256),
            (None, None, None) => same(Kind::Sha256, "known".into(), None),
        }
    }
}

/// Reads the whole file at `path` and compares it with `entry`'s sums.
pub fn verify(path: &Path, entry: &ModelEntry) -> Result<Proof, VerifyError> {
    let mut checksum = Checksum::new(entry);
    read_all(path, |bytes| checksum.update(bytes))
        .map_err(|cause| VerifyError::Io { path: path.into(), cause })?;
    checksum.finish().map_err(|mismatch| VerifyError::Damaged { path: path.into(), mismatch })
}

/// The SHA-256 of a file, in hexadecimal.
pub(super) fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut sum = Sha256::new();
    read_all(path, |bytes| sum.update(bytes))?;
    Ok(hexadecimal(&sum.finalize()))
}

pub(super) fn sha256_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn read_all(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(&buffer[..count]),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
}

fn same(kind: Kind, expected: String, found: Option<String>) -> Result<Proof, Mismatch> {
    let found = found.unwrap_or_default();
    if expected == found {
        Ok(Proof { by: kind, sum: found, doubt: None })
    } else {
        Err(Mismatch { kind, expected, found })
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Kind::Sha1 => "SHA-1",
            Kind::Sha256 => "SHA-256",
            Kind::Size => "size",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Catalogue;

    /// FIPS 180's own example.
    const ABC_SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
    const ABC_SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn entry(sums: Sums, size: Option<u64>) -> ModelEntry {
        ModelEntry { sums, size, ..Catalogue::shipped().get("base.en").unwrap().clone() }
    }

    fn of(sums: Sums, bytes: &[u8]) -> Result<Proof, Mismatch> {
        let mut checksum = Checksum::new(&entry(sums, None));
        bytes.chunks(2).for_each(|chunk| checksum.update(chunk));
        checksum.finish()
    }

    fn some(sum: &str) -> Option<String> {
        Some(sum.to_string())
    }

    #[test]
    fn either_sum_alone_decides() {
        let sha1 = Sums { sha1: some(ABC_SHA1), ..Sums::default() };
        assert_eq!(of(sha1.clone(), b"abc").unwrap().by, Kind::Sha1);
        let told = of(sha1, b"abd").unwrap_err();
        assert_eq!((told.kind, told.expected.as_str()), (Kind::Sha1, ABC_SHA1));
        assert_ne!(told.found, told.expected);
        let quoted = Sums { sha256_quoted: some(ABC_SHA256), ..Sums::default() };
        assert_eq!(of(quoted.clone(), b"abc").unwrap().by, Kind::Sha256);
        assert_eq!(of(quoted, b"").unwrap_err().kind, Kind::Sha256);
    }

    #[test]
    fn a_quoted_sum_that_differs_is_told_and_does_not_refuse_the_file() {
        let wrong =
            Sums { sha1: some(ABC_SHA1), sha256_quoted: some(&"0".repeat(64)), ..Sums::default() };
        let proof = of(wrong, b"abc").unwrap();
        assert!(proof.doubt.unwrap().contains(ABC_SHA256));
        let right =
            Sums { sha1: some(ABC_SHA1), sha256_quoted: some(ABC_SHA256), ..Sums::default() };
        assert_eq!(of(right, b"abc").unwrap().doubt, None);
    }

    #[test]
    fn a_file_of_another_size_is_told_as_such() {
        let sums = Sums { sha1: some(ABC_SHA1), ..Sums::default() };
        let mut checksum = Checksum::new(&entry(sums, Some(4)));
        checksum.update(b"abc");
        assert_eq!(
            checksum.finish().unwrap_err().to_string(),
            "the size should be 4 bytes and is 3 bytes"
        );
    }

    #[test]
    fn the_shipped_demo_is_the_catalogues() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo.bin");
        let catalogue = Catalogue::shipped();
        assert_eq!(verify(&path, catalogue.get("demo").unwrap()).unwrap().by, Kind::Sha256);
        let missing =
            verify(Path::new("/nowhere/demo.bin"), catalogue.get("demo").unwrap()).unwrap_err();
        assert!(missing.to_string().starts_with("cannot read /nowhere/demo.bin"), "{missing}");
    }
}
