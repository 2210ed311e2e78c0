//! GitHub's API: [the client](crate::forge::rest) of one repository, carried by octocrab.

#[cfg(test)]
mod tests;

use http::Method;
use octocrab::Octocrab;
use serde_json::Value;

use crate::fault::{Fault, Result};
use crate::forge::rest::{self, Answer, Carrier};
pub use crate::forge::rest::{Trouble, encoded};

/// A client for one repository.
pub type Api = rest::Api<Crab>;

/// octocrab, and the repository.
#[derive(Clone)]
pub struct Crab {
    crab: Octocrab,
    /// `owner/name`.
    repository: String,
}

impl Carrier for Crab {
    const NAME: &str = "GitHub";

    async fn carry(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> std::result::Result<Answer, Trouble> {
        let builder = http::Request::builder().method(method.clone()).uri(path);
        let request = self.crab.build_request(builder, body).map_err(|error| Trouble::unsent(&error))?;
        let response = self.crab.execute(request).await.map_err(|error| Trouble::lost(&error))?;
        Answer::whole(response).await
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("repository", &self.carrier.repository).finish_non_exhaustive()
    }
}

impl Api {
    /// A client for `repository` (`owner/name`) at `base`, which is `GITHUB_API_URL`. Must be made within the
    /// runtime.
    ///
    /// # Errors
    /// A base that is no address, a token that no header can hold, a machine without certificates.
    pub fn new(base: &str, repository: &str, token: &str) -> Result<Self> {
        let failed = |cause: String| {
            Fault::new(format!("prepare for GitHub's API at {base}"), cause)
                .help("check GITHUB_API_URL and GITHUB_TOKEN")
        };
        // A secret that was pasted often ends with a newline. What is no header makes octocrab panic.
        let token = token.trim();
        if http::HeaderValue::from_str(token).is_err() {
            return Err(failed("the token has characters in it that no header can hold".into()));
        }
        let client = rest::http(&[]).map_err(|error| failed(error.to_string()))?;
        let crab = Octocrab::builder()
            .base_uri(base.trim_end_matches('/'))
            .map_err(|error| failed(error.to_string()))?
            .personal_token(token.to_owned())
            .add_header(http::header::USER_AGENT, rest::USER_AGENT.into())
            .add_header(http::header::ACCEPT, "application/vnd.github+json".into())
            .build_with_reqwest(client)
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self::by(Crab { crab, repository: repository.to_owned() }))
    }

    /// The path of something in the repository: `path("check-runs")`.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.carrier.repository)
    }

    /// The repository, `owner/name`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.carrier.repository
    }
}
