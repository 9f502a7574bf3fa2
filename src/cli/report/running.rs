//! What a running server tells an operator: its log, metrics and state.
use serde_json::Value;

use super::super::{exit::Trouble, serve::secret};
use crate::http_client::{client, innermost_cause};

pub(super) struct Running {
    /// The newest lines of its log.
    pub(super) log: Vec<Value>,
    pub(super) metrics: String,
    pub(super) state: Value,
}

impl Running {
    pub(super) async fn read(url: &str, token_env: Option<&str>) -> Result<Running, Trouble> {
        let token = secret(token_env)?;
        let told = |why: String| Trouble::Told(format!("`{url}` does not tell its state: {why}"));
        let client = client(url, |it| it).map_err(|it| told(innermost_cause(&it)))?;
        let base = url.trim_end_matches('/');
        let asked = async |path: &str| {
            let mut request = client.get(format!("{base}{path}"));
            if let Some(token) = &token {
                request = request.bearer_auth(token);
            }
            let answer = request.send().await.and_then(reqwest::Response::error_for_status);
            let text = async { answer?.text().await };
            text.await.map_err(|it| match it.status().map(|it| it.as_u16()) {
                Some(401 | 403) => told("it wants the operator's token: --token-env NAME".into()),
                _ => told(innermost_cause(&it)),
            })
        };
        let json = |text: String| {
            serde_json::from_str(&text).map_err(|_| told("it is no livecap".to_owned()))
        };
        let mut log: Value = json(asked("/api/log?after=0").await?)?;
        let log = match log.get_mut("lines").map(Value::take) {
            Some(Value::Array(lines)) => lines,
            _ => Vec::new(),
        };
        Ok(Running {
            log,
            metrics: asked("/metrics").await?,
            state: json(asked("/api/state").await?)?,
        })
    }
}
