//! Bad input: each gets a clear error that names the place, and its exit code.
use std::{fs, net::TcpListener, path::Path};

use livecap::{stages::recording::SoundFile, wire::Line};

use super::{LINES, assert_nearly_the_reference, demo, final_text, lines, pipeline, shipped};
use crate::support::program::{Ended, ended, livecap, run};

/// What the run said to a file with these contents beside it.
async fn told(text: &str, files: &[(&str, &[u8])]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    run(folder.path(), text).await
}

#[track_caller]
fn assert_told(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}", ended.err);
    for word in words {
        assert!(ended.err.contains(word), "`{word}` is not in: {}", ended.err);
    }
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[tokio::test]
async fn a_file_that_cannot_be_right_is_refused_with_two() {
    let unknown_key = demo("1.0", "[lines.out]\nfrom = \"english\"\npaht = \"x\"\n");
    assert_told(&told(&unknown_key, &[]).await, 2, &["unknown-key", "pipeline.toml:11", "`path`"]);
    let wrong_unit =
        demo("1.0", LINES).replace("model = \"demo\"", "model = \"demo\"\npartials = \"5 sec\"");
    assert_told(&told(&wrong_unit, &[]).await, 2, &["wrong-unit", "partials"]);
    let web =
        |name| format!("[broadcast.{name}]\nfrom = \"english\"\nlisten = \"127.0.0.1:4000\"\n");
    let two = demo("1.0", &(web("one") + &web("two")));
    assert_told(&told(&two, &[]).await, 2, &["port-taken-twice", "4000"]);
    let absent = tempfile::tempdir().unwrap();
    let none = crate::support::program::ended(crate::support::program::livecap(
        absent.path(),
        &["run", "no.toml"],
    ));
    assert_told(&none.await, 2, &["no.toml"]);
}

#[tokio::test]
async fn what_is_mistaken_for_a_pipeline_file_or_a_subcommand_is_answered_with_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(shipped("demo.flac"), folder.path().join("talk.flac")).unwrap();
    let help = ["`talk.flac` is a FLAC file, not a pipeline file", "livecap transcribe talk.flac"];
    for subcommand in ["run", "check", "graph"] {
        let mut told = ended(livecap(folder.path(), &[subcommand, "talk.flac"])).await;
        told.err += &told.out;
        assert_told(&told, 2, &help);
    }
    let start = ended(livecap(folder.path(), &["start", "live.toml"])).await;
    assert_told(&start, 2, &["unrecognized subcommand 'start'", "'run'"]);
    let language = ["transcribe", "talk.flac", "--model", "demo", "--language", "nb"];
    let told = ended(livecap(folder.path(), &language)).await;
    assert_told(&told, 2, &["its tag is `no`", "`--language no`"]);
}

#[tokio::test]
async fn a_missing_a_truncated_and_a_corrupt_model_are_told_apart() {
    let with_model = |model: &str| demo("1.0", LINES).replace("\"demo\"", &format!("{model:?}"));
    let missing = told(&with_model("base.en"), &[]).await;
    assert_told(&missing, 2, &["no-model", "ggml-base.en.bin", "livecap models pull base.en"]);
    let misspelt = told(&with_model("base.em"), &[]).await;
    assert_told(&misspelt, 2, &["no-model", "base.en"]);
    let whole = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/demo.bin")).unwrap();
    let truncated = told(&with_model("half.bin"), &[("half.bin", &whole[..whole.len() / 2])]).await;
    assert_told(&truncated, 2, &["bad-model", "half.bin"]);
    let mut corrupt = whole.clone();
    corrupt[4..40].fill(0xff);
    let corrupt = told(&with_model("corrupt.bin"), &[("corrupt.bin", &corrupt)]).await;
    assert_told(&corrupt, 2, &["bad-model", "corrupt.bin"]);
    assert_ne!(truncated.err.replace("half", "corrupt"), corrupt.err, "they are told apart");
    let no_model = told(&with_model("text.bin"), &[("text.bin", b"this is no model")]).await;
    assert_told(&no_model, 2, &["bad-model", "text.bin"]);
}

#[tokio::test]
async fn a_recording_that_is_empty_or_no_sound_ends_the_run_with_one() {
    let with = |name: &str| pipeline(name, "\"max\"", LINES);
    let absent = told(&with("absent.wav"), &[]).await;
    assert_told(&absent, 2, &["no-file", "absent.wav"]);
    let empty = told(&with("empty.wav"), &[("empty.wav", b"")]).await;
    assert_told(&empty, 1, &["empty.wav", "pipeline.toml:1", "recording.talk"]);
    let text =
        told(&with("text.wav"), &[("text.wav", b"this is a letter, and no sound at all")]).await;
    assert_told(&text, 1, &["text.wav"]);
}

#[tokio::test]
async fn of_a_truncated_recording_all_that_is_there_is_captioned_and_then_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(shipped("demo.flac")).unwrap();
    fs::write(folder.path().join("cut.flac"), &whole[..whole.len() / 2]).unwrap();
    let ended = run(folder.path(), &pipeline("cut.flac", "\"max\"", LINES)).await;
    assert_told(&ended, 1, &["cut.flac", "truncated"]);
    let heard = final_text(&lines(&ended.out));
    assert!(heard.starts_with("Good morning everyone. Welcome to the open meeting."), "{heard}");
}

/// The first sentences of the bundled recording as a WAV file of another shape.
fn reshaped(path: &Path, bits: u16, times: u32, channels: u16) {
    let mut file = SoundFile::open(Path::new(&shipped("demo.flac"))).unwrap();
    let rate = file.rate().hertz();
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate * times,
        bits_per_sample: bits,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let top = f32::from(1_u16 << (bits - 2)) * 1.99;
    let mut written = 0;
    while let Some(chunk) = file.next_chunk().unwrap() {
        for sample in chunk {
            for _ in 0..times * u32::from(channels) {
                writer.write_sample((sample * top) as i32).unwrap();
            }
        }
        written += 1;
        if file.position() > u64::from(rate) * 5 {
            break;
        }
    }
    assert!(written > 0);
    writer.finalize().unwrap();
}

#[tokio::test]
async fn eight_bits_ninety_six_kilohertz_and_six_channels_are_heard_like_any_other() {
    for (bits, times, channels) in [(8, 1, 1), (16, 6, 1), (16, 1, 6)] {
        let folder = tempfile::tempdir().unwrap();
        reshaped(&folder.path().join("shape.wav"), bits, times, channels);
        let ended = run(folder.path(), &pipeline("shape.wav", "\"max\"", LINES)).await;
        assert_told(&ended, 0, &[]);
        let lines = lines(&ended.out);
        assert!(!lines.iter().any(|it| matches!(it, Line::Gap(_))));
        let heard = final_text(&lines);
        assert!(
            heard.starts_with("Good morning everyone."),
            "{bits} bits, {times} times, {channels} channels: {heard}"
        );
    }
}

#[tokio::test]
async fn floats_that_are_no_sound_are_silence_and_are_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("floats.wav");
    let mut file = SoundFile::open(Path::new(&shipped("demo.flac"))).unwrap();
    let mut samples = Vec::new();
    while let Some(chunk) = file.next_chunk().unwrap() {
        samples.extend(chunk);
    }
    // Before anybody speaks, and behind it.
    let (first, last) = (0..800, samples.len() - 800..samples.len());
    for at in first.chain(last) {
        samples[at] = [f32::NAN, f32::INFINITY, 1e30, -32_768.0][at % 4];
    }
    let (channels, sample_rate, bits_per_sample) = (1, file.rate().hertz(), 32);
    let sample_format = hound::SampleFormat::Float;
    let spec = hound::WavSpec { channels, sample_rate, bits_per_sample, sample_format };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    samples.into_iter().for_each(|it| writer.write_sample(it).unwrap());
    writer.finalize().unwrap();
    let ended = run(folder.path(), &pipeline("floats.wav", "\"max\"", LINES)).await;
    assert_told(&ended, 0, &[]);
    assert_nearly_the_reference(&final_text(&lines(&ended.out)));
    for told in
        ["samples that are no numbers became silence", "samples far beyond full scale were clamped"]
    {
        assert_eq!(ended.err.matches(told).count(), 1, "{told}: {}", ended.err);
    }
}

#[tokio::test]
async fn a_sound_file_where_raw_samples_are_expected_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.wav");
    reshaped(&path, 16, 1, 1);
    let demo = demo("1.0", LINES);
    let behind = &demo[demo.find("[resample").unwrap()..];
    fs::write(folder.path().join("pipeline.toml"), format!("[pcm.talk]\n{behind}")).unwrap();
    let mut piped = livecap(folder.path(), &["run", "pipeline.toml"]);
    piped.stdin(fs::File::open(&path).unwrap());
    let told = ["begins like a WAV file", "ffmpeg -i FILE -f s16le", "`recording`"];
    assert_told(&ended(piped).await, 1, &told);
    let command = format!("[command.talk]\ncommand = [\"cat\", {path:?}]\n{behind}");
    let ran = run(folder.path(), &command).await;
    assert_told(&ran, 1, &["`cat` does not write raw samples", "begins like a WAV file"]);
}

#[tokio::test]
async fn a_port_that_is_taken_and_a_microphone_that_is_absent_are_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let web = format!("[broadcast.web]\nfrom = \"english\"\nlisten = \"{address}\"\n");
    assert_told(&told(&demo("1.0", &web), &[]).await, 2, &["port-in-use", &address.to_string()]);
    let absent = demo("1.0", LINES);
    let recording = absent.find("[resample").unwrap();
    let microphone =
        format!("[microphone.talk]\ndevice = \"no such thing\"\n{}", &absent[recording..]);
    assert_told(&told(&microphone, &[]).await, 2, &["no-device", "no such thing"]);
}

#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_set_up_after_all_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    // A socket stands where the lines are to go: there is a folder to write in, and yet it cannot be opened.
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("out.jsonl")).unwrap();
    let ended =
        run(folder.path(), &demo("1.0", &(LINES.to_owned() + "path = \"out.jsonl\"\n"))).await;
    assert_told(&ended, 2, &["pipeline.toml:9: `lines.out` cannot be set up", "out.jsonl"]);
}
