//! Recognises unsupported kinds of files by their first bytes, so that an error names the kind instead of calling the file damaged.

/// Enough bytes to recognise every kind: two packets of a transport stream, with the bytes that a camera puts before each.
pub(super) const BEGINNING: u64 = 400;

/// The unsupported kind of a file with this beginning. `None` if it may be supported.
pub(super) fn unsupported_kind(beginning: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 11] = [
        (b"riff\x2e\x91\xcf\x11", "a Wave64 file"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
        (b"\x00\x00\x01\xba", "an MPEG programme stream"),
        (b"#!AMR", "an AMR file"),
        (b"FLV\x01", "a Flash video"),
        (b"wvpk", "a WavPack file"),
        (b"MAC ", "a Monkey's Audio file"),
        (b"MPCK", "a Musepack file"),
        (b"DSD ", "a DSD file"),
        (b"FRM8", "a DSD file"),
        (b".RMF", "a RealMedia file"),
    ];
    if let Some((_, kind)) = BEGINNINGS.iter().find(|(bytes, _)| beginning.starts_with(bytes)) {
        return Some(kind);
    }
    if beginning.starts_with(b"RIFF") && beginning.get(8..12) == Some(b"AVI ") {
        return Some("an AVI file");
    }
    // Each packet starts with the same byte. Cameras put four more bytes before it.
    let is_transport = [(0, 188), (4, 192)].into_iter().any(|(first, packet)| {
        [first, first + packet].iter().all(|at| beginning.get(*at) == Some(&0x47))
    });
    is_transport.then_some("an MPEG transport stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsupported_kinds_are_recognised_by_their_first_bytes() {
        let mut packets = vec![0xff; 400];
        (packets[0], packets[188]) = (0x47, 0x47);
        assert_eq!(unsupported_kind(&packets), Some("an MPEG transport stream"));
        packets[188] = 0;
        assert_eq!(unsupported_kind(&packets), None);
        (packets[4], packets[196]) = (0x47, 0x47);
        assert_eq!(unsupported_kind(&packets), Some("an MPEG transport stream"));
        assert_eq!(unsupported_kind(b"RIFF\0\0\0\0AVI LIST"), Some("an AVI file"));
        assert_eq!(unsupported_kind(b"RIFF\0\0\0\0WAVEfmt "), None);
        assert_eq!(unsupported_kind(b"fLaC"), None);
    }
}
