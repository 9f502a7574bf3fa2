//! Separates the lines that ALSA and JACK write to standard error from all other lines.

/// How lines of these libraries begin.
const BEGINNINGS: [&str; 9] = [
    "ALSA lib ",
    "Cannot connect to server ",
    "Cannot connect to named server ",
    "jack server is not running",
    "JackShm",
    "connect(2) call to /dev/shm/jack",
    "connect(2) call to /tmp/jack",
    "attempt to connect to server failed",
    "Cannot read socket fd = ",
];
/// More of their lines are dropped.
const MOST: usize = 1_000;

/// The state of the filter between two reads.
#[derive(Default)]
pub(super) struct LibraryLines {
    /// The start of a line that may become one of theirs.
    line: Vec<u8>,
    /// Whether the rest of the line is passed on, as its start was.
    passing: bool,
    /// Whether the line before was one of theirs.
    after_library_line: bool,
    kept: Vec<String>,
}

impl LibraryLines {
    /// Takes bytes and returns those to pass on, of these and of earlier ones. Only what may become one of their lines is held
    /// back.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut through = Vec::new();
        for piece in bytes.split_inclusive(|it| *it == b'\n') {
            let ends = piece.ends_with(b"\n");
            if self.passing {
                through.extend_from_slice(piece);
                self.passing = !ends;
                continue;
            }
            self.line.extend_from_slice(piece);
            if ends {
                through.extend(self.end_line());
            } else if !may_be_theirs(&self.line) {
                through.append(&mut self.line);
                (self.passing, self.after_library_line) = (true, false);
            }
        }
        through
    }

    /// The bytes that are still to be passed on, and the lines of the libraries.
    pub(super) fn end(&mut self) -> (Vec<u8>, Vec<String>) {
        let rest = if self.line.is_empty() { Vec::new() } else { self.end_line() };
        (rest, std::mem::take(&mut self.kept))
    }

    fn end_line(&mut self) -> Vec<u8> {
        let line = std::mem::take(&mut self.line);
        // Some of their messages end with an extra line break.
        if self.after_library_line && line == b"\n" {
            return Vec::new();
        }
        self.after_library_line = is_theirs(&line);
        if !self.after_library_line {
            return line;
        }
        // ALSA writes a line in pieces, so another line may stand within it.
        let theirs = another_line(&line).unwrap_or(line.len());
        if self.kept.len() < MOST {
            self.kept.push(String::from_utf8_lossy(&line[..theirs]).trim_end().to_owned());
        }
        line[theirs..].to_vec()
    }
}

fn is_theirs(line: &[u8]) -> bool {
    BEGINNINGS.iter().any(|it| line.starts_with(it.as_bytes()))
}

fn may_be_theirs(begun: &[u8]) -> bool {
    is_theirs(begun) || BEGINNINGS.iter().any(|it| it.as_bytes().starts_with(begun))
}

/// Where a line of the log starts within another line: with a colour, a brace, or its level.
fn another_line(line: &[u8]) -> Option<usize> {
    const BEGINNINGS: [&[u8]; 7] =
        [b"\x1b[", b"{\"", b"ERROR ", b" WARN ", b" INFO ", b"DEBUG ", b"TRACE "];
    (0..line.len()).find(|at| BEGINNINGS.iter().any(|it| line[*at..].starts_with(it)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const THEIRS: &str =
        "ALSA lib confmisc.c:165:(snd_config_get_card) Cannot get card index for 0\n";

    fn passed(pieces: &[&str]) -> (String, Vec<String>) {
        let mut filter = LibraryLines::default();
        let mut through: Vec<u8> =
            pieces.iter().flat_map(|it| filter.pass(it.as_bytes())).collect();
        let (rest, kept) = filter.end();
        through.extend(rest);
        (String::from_utf8(through).unwrap(), kept)
    }

    #[test]
    fn lines_of_the_libraries_are_kept_back_and_others_pass() {
        let (through, kept) = passed(&[
            "one\n",
            THEIRS,
            "ALSA lib pulse.c:242:(pulse_connect) PulseAudio: Unable to connect\n\n",
            "two\n\nCannot connect to server socket err = No such file or directory\n",
            "jack server is not running or cannot be started\nthree",
        ]);
        assert_eq!(through, "one\ntwo\n\nthree");
        assert_eq!(kept.len(), 4);
        assert_eq!(kept[0], THEIRS.trim_end());
    }

    #[test]
    fn bytes_that_cannot_become_a_library_line_pass_at_once() {
        let mut filter = LibraryLines::default();
        assert_eq!(filter.pass(b"\rloading 10 %"), b"\rloading 10 %");
        assert_eq!(
            filter.pass(b"ALSA lib is not the beginning of this line\n"),
            b"ALSA lib is not the beginning of this line\n"
        );
        assert_eq!(filter.pass(b"AL"), b"");
        assert_eq!(filter.pass(b"L is well\n"), b"ALL is well\n");
    }

    #[test]
    fn a_log_line_within_a_library_line_is_passed_on() {
        for ours in [
            " WARN a line\n",
            "ERROR a line\n",
            "{\"level\":\"WARN\"}\n",
            "\x1b[2m2026\x1b[0m a line\n",
        ] {
            let (through, kept) = passed(&["ALSA lib pcm.c:1:(open)", ours, "Cannot open\n"]);
            assert_eq!(through, format!("{ours}Cannot open\n"));
            assert_eq!(kept, ["ALSA lib pcm.c:1:(open)"]);
        }
    }

    proptest! {
        #[test]
        fn the_output_does_not_depend_on_how_the_input_is_cut(
            lines in prop::collection::vec(prop::sample::select(vec![THEIRS, "ours\n", "AL\n", "\n", "Jack\n", "JackShm x\n"]), 0..20),
            cuts in prop::collection::vec(1usize..9, 1..5),
        ) {
            let text = lines.concat();
            let (mut rest, mut pieces, mut cuts) = (text.as_str(), Vec::new(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                pieces.push(now);
                rest = later;
            }
            prop_assert_eq!(passed(&pieces), passed(&[&text]));
        }
    }
}
