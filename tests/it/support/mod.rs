//! What several tests stand on.
pub(crate) mod corpus;
#[cfg_attr(not(feature = "whisper"), allow(dead_code))]
pub(crate) mod program;
#[cfg(feature = "whisper")]
pub(crate) mod random_model;
#[cfg(unix)]
pub(crate) mod redis;
#[cfg_attr(not(feature = "whisper"), allow(dead_code))]
pub(crate) mod viewer;

/// A pipeline file: the shipped recording over and over, its captions in a journal, and its sound in a file that the journal names.
#[cfg(all(feature = "journal", feature = "whisper"))]
pub(crate) fn recorded_talk() -> String {
    let speech = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/demo.flac");
    format!(
        "[recording.talk]\npath = {speech:?}\nspeed = 1.0\nloop = true\n[whisper.english]\nfrom = \"talk\"\nmodel = \"demo\"\n\
         [record.sound]\nfrom = \"talk\"\npath = \"sound.wav\"\n\
         [broadcast.web]\nfrom = \"english\"\nlisten = \"127.0.0.1:0\"\n\
         [journal.book]\nfrom = \"web\"\npath = \"book.db\"\nrecord = \"sound\"\n"
    )
}
