//! What an edge has to know of the items it carries.
use std::time::Duration;

/// Something that can wait on an edge.
pub trait Item: Clone + Send + 'static {
    /// Whether an item in the hand of a stage that fails is offered once more to its next life (text), or lost (sound,
    /// where the jump in the timeline tells of it).
    const OFFERED_AGAIN: bool = false;

    /// Whether a pause leaves it out at its source: sound is, text is not.
    const PAUSES: bool = false;

    /// How much of an edge it takes whose room is a length of time.
    fn length(&self) -> Duration {
        Duration::ZERO
    }

    /// The greatest distance of its samples from zero, as a share of full scale; `None` for what cannot be heard.
    fn peak(&self) -> Option<f32> {
        None
    }

    /// Whether it makes `older`, which waits on the same edge, worthless. Read by [`WhenFull::Coalesce`](super::WhenFull).
    fn supersedes(&self, _older: &Self) -> bool {
        false
    }

    /// It is the first one after a pause.
    fn follow_a_pause(&mut self) {}

    /// Whether something that supersedes it is sure to follow, so that it may be left out where there is no room.
    fn is_fleeting(&self) -> bool {
        false
    }
}

/// The output of a sink: there is none.
#[derive(Clone, Debug)]
pub enum Never {}

impl Item for Never {}
