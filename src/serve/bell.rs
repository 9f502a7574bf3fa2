//! Wakes all tasks that wait for something new.
use tokio::sync::watch;

#[derive(Clone, Debug, Default)]
pub(crate) struct Bell(watch::Sender<()>);

impl Bell {
    /// There is something new: a caption, an event of a client, a state, or the end of the server.
    pub(crate) fn ring(&self) {
        self.0.send_replace(());
    }

    /// A change is announced by one ring or several.
    pub(crate) fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
