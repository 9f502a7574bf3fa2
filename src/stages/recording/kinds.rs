//! Kinds of files that are not read, told by how they begin, so that they are named and not called damaged.

/// Bytes that are enough to tell: two packets of a transport stream, with what a camera puts before each.
pub(super) const BEGINNING: u64 = 400;

/// The kind of a file that begins so; `None` where it may well be read.
pub(super) fn not_read(beginning: &[u8]) -> Option<&'static str> {
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
    // Each packet begins with the same byte; cameras put four more before it.
    let is_transport = [(0, 188), (4, 192)].into_iter().any(|(first, packet)| {
        [first, first + packet].iter().all(|at| beginning.get(*at) == Some(&0x47))
    });
    is_transport.then_some("an MPEG transport stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_stream_is_told_by_two_packets_and_others_by_how_they_begin() {
        let mut packets = vec![0xff; 400];
        (packets[0], packets[188]) = (0x47, 0x47);
        assert_eq!(not_read(&packets), Some("an MPEG transport stream"));
        packets[188] = 0;
        assert_eq!(not_read(&packets), None);
        (packets[4], packets[196]) = (0x47, 0x47);
        assert_eq!(not_read(&packets), Some("an MPEG transport stream"));
        assert_eq!(not_read(b"RIFF\0\0\0\0AVI LIST"), Some("an AVI file"));
        assert_eq!(not_read(b"RIFF\0\0\0\0WAVEfmt "), None);
        assert_eq!(not_read(b"fLaC"), None);
    }
}
