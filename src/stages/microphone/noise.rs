//! Tells the lines of ALSA and JACK from all others in what is written to standard error.

/// How their lines begin.
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
/// More of their lines are forgotten.
const MOST: usize = 1_000;

/// What came so far.
#[derive(Default)]
pub(super) struct Noise {
    /// The beginning of a line that may become one of theirs.
    line: Vec<u8>,
    /// The rest of a line that was passed on from its beginning.
    passing: bool,
    /// The line before was one of theirs.
    after_noise: bool,
    kept: Vec<String>,
}

impl Noise {
    /// What is to be passed on, of these bytes and of those before them. Only what may become one of their lines is held back.
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
                (self.passing, self.after_noise) = (true, false);
            }
        }
        through
    }

    /// What is still to be passed on, and the lines that were kept back.
    pub(super) fn end(&mut self) -> (Vec<u8>, Vec<String>) {
        let rest = if self.line.is_empty() { Vec::new() } else { self.end_line() };
        (rest, std::mem::take(&mut self.kept))
    }

    fn end_line(&mut self) -> Vec<u8> {
        let line = std::mem::take(&mut self.line);
        // Some of their messages end with a line break of their own.
        if self.after_noise && line == b"\n" {
            return Vec::new();
        }
        self.after_noise = is_theirs(&line);
        if !self.after_noise {
            return line;
        }
        // ALSA writes a line in pieces: another one may have come between them.
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

/// Where a line of the log begins within another one: with a colour, a brace, or its level.
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
        let mut noise = Noise::default();
        let mut through: Vec<u8> = pieces.iter().flat_map(|it| noise.pass(it.as_bytes())).collect();
        let (rest, kept) = noise.end();
        through.extend(rest);
        (String::from_utf8(through).unwrap(), kept)
    }

    #[test]
    fn their_lines_are_kept_and_all_others_pass() {
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
    fn what_cannot_become_one_of_their_lines_is_not_held_back() {
        let mut noise = Noise::default();
        assert_eq!(noise.pass(b"\rloading 10 %"), b"\rloading 10 %");
        assert_eq!(
            noise.pass(b"ALSA lib is not the beginning of this line\n"),
            b"ALSA lib is not the beginning of this line\n"
        );
        assert_eq!(noise.pass(b"AL"), b"");
        assert_eq!(noise.pass(b"L is well\n"), b"ALL is well\n");
    }

    #[test]
    fn a_line_of_the_log_that_came_between_the_pieces_of_theirs_is_passed_on() {
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
        fn in_whatever_pieces_it_comes_the_same_passes(
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
