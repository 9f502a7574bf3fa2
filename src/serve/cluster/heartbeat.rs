//! Whether a connection to Redis still is one.
use std::time::Duration;

use socketioxide_redis::drivers::Driver;
use tokio::time::sleep;

use super::session::Disconnected;

/// Asks now and then whether the connection still is one: where nothing is published nothing else tells.
pub(super) async fn beat(
    driver: &impl Driver<Error: Into<Disconnected>>,
    channel: &str,
    every: Duration,
) -> Result<(), Disconnected> {
    loop {
        sleep(every).await;
        driver.num_serv(channel).await.map_err(Into::into)?;
    }
}
