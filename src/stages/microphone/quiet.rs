//! Keeps what ALSA and JACK say by themselves off the terminal while devices are listed or opened: it goes to the log, at debug.
//!
//! Both libraries write to standard error and ask nobody. As long as a [`Quiet`] lives, standard error is a pipe. A thread passes on what
//! comes through it, at once and in order, and keeps the lines of these two back. What any other thread writes meanwhile is not lost.
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

use super::noise::Noise;

/// Comes behind all that was written before the terminal was given back.
const END: u8 = 0;

/// One for all that are quiet at the same time: the first one turns standard error aside, the last one turns it back.
static ASIDE: Mutex<Option<Aside>> = Mutex::new(None);

struct Aside {
    users: usize,
    terminal: OwnedFd,
    pipe: PipeWriter,
    kept: Receiver<Vec<String>>,
}

/// See the module. Where standard error cannot be turned aside, the libraries are heard as ever.
pub(super) struct Quiet(());

impl Quiet {
    pub(super) fn please() -> Quiet {
        let mut aside = ASIDE.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *aside {
            Some(aside) => aside.users += 1,
            None => match turn_aside() {
                Ok(turned) => *aside = Some(turned),
                Err(error) => tracing::debug!(%error, "sound libraries cannot be kept quiet"),
            },
        }
        Quiet(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let mut aside = ASIDE.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(users) = aside.as_mut().map(|it| &mut it.users) else { return };
        *users -= 1;
        if *users > 0 {
            return;
        }
        let Some(Aside { terminal, mut pipe, kept, .. }) = aside.take() else { return };
        // Nobody writes into the pipe any more but who has a copy of it, as a child that was started meanwhile.
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

fn turn_aside() -> io::Result<Aside> {
    let terminal = io::stderr().as_fd().try_clone_to_owned()?;
    let through = File::from(terminal.try_clone()?);
    let (reader, pipe) = pipe()?;
    let (keep, kept) = sync_channel(1);
    let pass = move || pass_on(reader, through, |lines| drop(keep.send(lines)));
    // Before it is turned aside: who writes must find somebody who reads.
    thread::Builder::new().name("standard error".to_owned()).spawn(pass)?;
    rustix::stdio::dup2_stderr(&pipe)?;
    Ok(Aside { users: 1, terminal, pipe, kept })
}

/// Up to the end of the pipe, which may be long after its [`END`].
fn pass_on(mut from: PipeReader, mut to: File, keep: impl FnOnce(Vec<String>)) {
    let (mut noise, mut keep) = (Noise::default(), Some(keep));
    let mut bytes = [0; 4096];
    loop {
        let read = match from.read(&mut bytes) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        // Nothing can be done where the terminal is gone.
        let mut pieces = bytes[..read].split(|it| *it == END);
        let _ = to.write_all(&noise.pass(pieces.next().unwrap_or_default()));
        for piece in pieces {
            let (rest, lines) = noise.end();
            let _ = to.write_all(&rest);
            if let Some(keep) = keep.take() {
                keep(lines);
            }
            let _ = to.write_all(&noise.pass(piece));
        }
        if read == 0 {
            let (rest, lines) = noise.end();
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
    fn what_others_write_is_passed_on_before_the_end_and_after_it() {
        let (reader, mut writer) = pipe().unwrap();
        let mut terminal = tempfile::tempfile().unwrap();
        let (through, (keep, kept)) = (terminal.try_clone().unwrap(), sync_channel(1));
        let passing = thread::spawn(move || pass_on(reader, through, |it| keep.send(it).unwrap()));
        writer.write_all(b"ours\nALSA lib a.c:1:(open) no\n50 %\r\0").unwrap();
        assert_eq!(kept.recv().unwrap(), ["ALSA lib a.c:1:(open) no"]);
        // As of a child that was started meanwhile and lives on.
        writer.write_all(b"its last words").unwrap();
        drop(writer);
        passing.join().unwrap();
        terminal.rewind().unwrap();
        assert_eq!(io::read_to_string(terminal).unwrap(), "ours\n50 %\rits last words");
    }
}
