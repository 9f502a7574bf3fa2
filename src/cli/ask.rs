//! Questions at a terminal, each with a default that Enter takes.
use std::io::{self, BufRead, IsTerminal, Write};

/// Whether there is somebody to ask.
pub(super) fn at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Where answers come from, and where questions go.
pub(super) struct Questions<R, W> {
    answers: R,
    out: W,
}

impl Questions<io::StdinLock<'static>, io::Stderr> {
    pub(super) fn at_terminal() -> Self {
        Questions { answers: io::stdin().lock(), out: io::stderr() }
    }
}

impl<R: BufRead, W: Write> Questions<R, W> {
    #[cfg(test)]
    pub(super) fn scripted(answers: R, out: W) -> Questions<R, W> {
        Questions { answers, out }
    }

    /// What is typed, or `default` for Enter alone and at the end of the input.
    pub(super) fn ask(&mut self, question: &str, default: &str) -> io::Result<String> {
        write!(self.out, "{question} [{default}] ")?;
        self.out.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            writeln!(self.out)?;
        }
        Ok(match line.trim() {
            "" => default.to_owned(),
            typed => typed.to_owned(),
        })
    }

    /// One of `words`, by its first letters. Asks again until it is one.
    pub(super) fn choose<'a>(&mut self, question: &str, words: &[&'a str]) -> io::Result<&'a str> {
        let Some(first) = words.first().copied() else { return Ok("") };
        loop {
            let typed =
                self.ask(&format!("{question} ({})", words.join(", ")), first)?.to_lowercase();
            let fitting = words.iter().copied().filter(|it| it.starts_with(&typed));
            match fitting.collect::<Vec<_>>()[..] {
                [one] => return Ok(one),
                _ => writeln!(self.out, "  type one of: {}", words.join(", "))?,
            }
        }
    }

    #[cfg(any(feature = "whisper", test))]
    pub(super) fn yes(&mut self, question: &str, default: bool) -> io::Result<bool> {
        let shown = if default { "Y/n" } else { "y/N" };
        loop {
            match self.ask(question, shown)?.to_lowercase().as_str() {
                it if it == shown.to_lowercase() => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => writeln!(self.out, "  type y or n")?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<T>(
        answers: &str,
        question: impl Fn(&mut Questions<&[u8], &mut Vec<u8>>) -> io::Result<T>,
    ) -> (T, String) {
        let mut out = Vec::new();
        let answer = question(&mut Questions::scripted(answers.as_bytes(), &mut out)).unwrap();
        (answer, String::from_utf8(out).unwrap())
    }

    #[test]
    fn enter_takes_the_default_and_so_does_the_end_of_the_input() {
        let question = |it: &mut Questions<&[u8], &mut Vec<u8>>| it.ask("Model?", "base");
        assert_eq!(asked("\n", question), ("base".to_owned(), "Model? [base] ".to_owned()));
        assert_eq!(asked(" tiny \n", question).0, "tiny");
        assert_eq!(asked("", question).0, "base");
    }

    #[test]
    fn a_word_may_be_shortened_and_what_is_none_is_asked_again() {
        let words = ["microphone", "recording", "pcm"];
        let question = |it: &mut Questions<&[u8], &mut Vec<u8>>| it.choose("Sound?", &words);
        assert_eq!(asked("\n", question).0, "microphone");
        assert_eq!(asked("R\n", question).0, "recording");
        let (answer, told) = asked("radio\npcm\n", question);
        assert!(answer == "pcm" && told.contains("type one of: microphone"), "{told}");
    }

    #[test]
    fn yes_and_no_have_a_default_too() {
        let question =
            |default| move |it: &mut Questions<&[u8], &mut Vec<u8>>| it.yes("Get it?", default);
        assert_eq!(asked("\n", question(true)), (true, "Get it? [Y/n] ".to_owned()));
        assert!(!asked("\n", question(false)).0);
        assert!(!asked("maybe\nNo\n", question(true)).0);
        assert!(asked("y\n", question(false)).0);
    }
}
