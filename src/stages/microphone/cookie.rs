//! The cookie file of PulseAudio, made where there is none yet.
//!
//! A sound server that knows its user by the socket still refuses a client that sends no cookie of 256 bytes. PulseAudio's own
//! library makes one for that; the crate `pulseaudio` 0.3.2 below cpal does not, and sends an empty one.
use std::{
    env,
    fs::{DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// As the protocol has it.
const LENGTH: usize = 256;

/// Makes the file at the place where PulseAudio's own library would, unless there is one.
pub(super) fn ensure() {
    let Some(home) = env::home_dir() else { return };
    let places = [home.join(".config/pulse/cookie"), home.join(".pulse-cookie")];
    let named = env::var_os("PULSE_COOKIE").map(PathBuf::from);
    if named.iter().chain(&places).any(|it| it.exists()) {
        return;
    }
    if let Err(error) = make(&places[0]) {
        tracing::debug!(%error, place = %places[0].display(), "no cookie for PulseAudio could be made");
    }
}

/// For its owner alone. Another program may have made it meanwhile: that one stays.
fn make(place: &Path) -> io::Result<()> {
    if let Some(folder) = place.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(place);
    match file {
        Ok(mut file) => file.write_all(&rand::random::<[u8; LENGTH]>()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_cookie_is_made_once_and_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join(".config/pulse/cookie");
        make(&place).unwrap();
        let first = fs::read(&place).unwrap();
        assert_eq!(first.len(), LENGTH);
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        make(&place).unwrap();
        assert_eq!(fs::read(&place).unwrap(), first);
    }
}
