//! Tickets for sound: an `<audio>` element cannot send a token, so it has a ticket for one file in its address, for some hours.
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::serve::random::random_name;

/// How long a ticket is good for: as long as somebody listens to a day.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// What makes and knows tickets. They end with the server.
pub(crate) struct Tickets {
    secret: String,
}

impl Default for Tickets {
    fn default() -> Tickets {
        Tickets { secret: (0..4).map(|_| random_name()).collect() }
    }
}

impl Tickets {
    /// For file number `number` of an event, at this Unix time in ms.
    pub(crate) fn issue(&self, event: i64, number: usize, now: u64) -> String {
        let until = now + GOOD_FOR.as_millis() as u64;
        format!("{until}.{}", self.seal(event, number, until))
    }

    pub(crate) fn knows(&self, ticket: &str, event: i64, number: usize, now: u64) -> bool {
        let Some((until, seal)) = ticket.split_once('.') else { return false };
        let Ok(until) = until.parse::<u64>() else { return false };
        // Hashes of what is compared, so that the time taken reveals nothing of it.
        let hash = |it: &str| Sha256::digest(it);
        now < until && hash(seal) == hash(&self.seal(event, number, until))
    }

    /// The secret goes in twice, so that nothing can be added behind what was sealed.
    fn seal(&self, event: i64, number: usize, until: u64) -> String {
        let secret = &self.secret;
        let inner = Sha256::digest(format!("{secret} {event} {number} {until}"));
        let outer = Sha256::new().chain_update(secret).chain_update(inner).finalize();
        outer.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_for_one_file_and_for_some_time() {
        let (tickets, other) = (Tickets::default(), Tickets::default());
        let (now, day) = (1_800_000_000_000, 24 * 3600 * 1000);
        let ticket = tickets.issue(3, 1, now);
        assert!(tickets.knows(&ticket, 3, 1, now + day - 1));
        assert!(!tickets.knows(&ticket, 3, 1, now + day), "it is over");
        assert!(!tickets.knows(&ticket, 3, 2, now) && !tickets.knows(&ticket, 31, 1, now));
        assert!(!other.knows(&ticket, 3, 1, now), "of another server");
        let (_, seal) = ticket.split_once('.').unwrap();
        for wrong in
            [format!("{}.{seal}", now + 2 * day), String::new(), ".".into(), "9e9.x".into()]
        {
            assert!(!tickets.knows(&wrong, 3, 1, now), "{wrong}");
        }
    }
}
