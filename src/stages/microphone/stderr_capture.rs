//! Keeps the messages of ALSA and JACK off the terminal while devices are listed or opened: they go to the log, at debug level.
//!
//! Both libraries write to standard error. While a [`StderrCapture`] lives, standard error is a pipe. A thread passes on what
//! comes through the pipe, at once and in order, and keeps back the lines of these two libraries. What other threads write
//! meanwhile is not lost.
use std::{
    fs::File,
    io::{self, PipeReader, PipeWriter, Read, Write, pipe},
    os::fd::{AsFd, OwnedFd},
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use super::library_lines::LibraryLines;

/// Written to the pipe after all output, before the terminal is restored.
const END: u8 = 0;

/// The capture shared by all users. The first one redirects standard error, the last one restores it.
static CAPTURE: Mutex<Option<Capture>> = Mutex::new(None);

struct Capture {
    users: usize,
    terminal: OwnedFd,
    pipe: PipeWriter,
    kept: Receiver<Vec<String>>,
}

/// See the module. Where standard error cannot be redirected, the messages appear on it as usual.
pub(super) struct StderrCapture(());

impl StderrCapture {
    pub(super) fn begin() -> StderrCapture {
        let mut capture = CAPTURE.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *capture {
            Some(capture) => capture.users += 1,
            None => match redirect_stderr() {
                Ok(started) => *capture = Some(started),
                Err(error) => tracing::debug!(%error, "sound libraries cannot be kept quiet"),
            },
        }
        StderrCapture(())
    }
}

impl Drop for StderrCapture {
    fn drop(&mut self) {
        let mut capture = CAPTURE.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(users) = capture.as_mut().map(|it| &mut it.users) else { return };
        *users -= 1;
        if *users > 0 {
            return;
        }
        let Some(Capture { terminal, mut pipe, kept, .. }) = capture.take() else { return };
        // From here on only those write into the pipe who have a copy of it, such as a child process that was started
        // meanwhile.
        let back = rustix::stdio::dup2_stderr(&terminal);
        let told = pipe.write_all(&[END]);
        drop(pipe);
        if back.is_err() || told.is_err() {
            return;
        }
        for line in kept.recv().unwrap_or_default() {
            tracing::debug!(line, "a sound library says");
        }
    }
}

fn redirect_stderr() -> io::Result<Capture> {
    let terminal = io::stderr().as_fd().try_clone_to_owned()?;
    let through = File::from(terminal.try_clone()?);
    let (reader, pipe) = pipe()?;
    let (keep, kept) = sync_channel(1);
    let pass = move || pass_on(reader, through, |lines| drop(keep.send(lines)));
    // The reader starts before the redirect: a writer must find a reader.
    thread::Builder::new().name("standard error".to_owned()).spawn(pass)?;
    rustix::stdio::dup2_stderr(&pipe)?;
    Ok(Capture { users: 1, terminal, pipe, kept })
}

/// Reads to the end of the pipe, which may come long after [`END`].
fn pass_on(mut from: PipeReader, mut to: File, keep: impl FnOnce(Vec<String>)) {
    let (mut filter, mut keep) = (LibraryLines::default(), Some(keep));
    let mut bytes = [0; 4096];
    loop {
        let read = match from.read(&mut bytes) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        // Nothing can be done if the terminal is gone.
        let mut pieces = bytes[..read].split(|it| *it == END);
        let _ = to.write_all(&filter.pass(pieces.next().unwrap_or_default()));
        for piece in pieces {
            let (rest, lines) = filter.end();
            let _ = to.write_all(&rest);
            if let Some(keep) = keep.take() {
                keep(lines);
            }
            let _ = to.write_all(&filter.pass(piece));
        }
        if read == 0 {
            let (rest, lines) = filter.end();
            let _ = to.write_all(&rest);
            if let Some(keep) = keep.take() {
                keep(lines);
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    #[test]
    fn output_of_others_is_passed_on_before_and_after_the_end() {
        let (reader, mut writer) = pipe().unwrap();
        let mut terminal = tempfile::tempfile().unwrap();
        let (through, (keep, kept)) = (terminal.try_clone().unwrap(), sync_channel(1));
        let passing = thread::spawn(move || pass_on(reader, through, |it| keep.send(it).unwrap()));
        writer.write_all(b"ours\nALSA lib a.c:1:(open) no\n50 %\r\0").unwrap();
        assert_eq!(kept.recv().unwrap(), ["ALSA lib a.c:1:(open) no"]);
        // As from a child process that was started meanwhile and lives on.
        writer.write_all(b"its last words").unwrap();
        drop(writer);
        passing.join().unwrap();
        terminal.rewind().unwrap();
        assert_eq!(io::read_to_string(terminal).unwrap(), "ours\n50 %\rits last words");
    }
}
