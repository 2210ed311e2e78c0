//! GitLab's REST API, version 4: [the client](crate::forge::rest) of one project.
//!
//! `MODELGATE_GITLAB_TOKEN` may do what its scope and role allow, and `CI_JOB_TOKEN` little: read artifacts, merge
//! requests and commits, keep deployments and environments, start a pipeline. Every request goes with the former where
//! there is one, and once more with the latter where that is refused: a token that may only read takes nothing away.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{Method, Response};
use reqwest::{Certificate, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fault::{Fault, Result};
use crate::forge::rest::{self, Answer, Carrier};
pub use crate::forge::rest::{Trouble, encoded};

/// A client for one project.
pub type Api = rest::Api<Project>;

/// The tokens that a job may have.
#[derive(Clone, Default)]
pub struct Tokens {
    /// `MODELGATE_GITLAB_TOKEN`: an access token of the project, a group or a person.
    pub own: Option<String>,
    /// `CI_JOB_TOKEN`, which GitLab gives to every job.
    pub job: Option<String>,
}

/// A project on a server, and who asks for it.
#[derive(Clone)]
pub struct Project(Arc<Place>);

struct Place {
    client: reqwest::Client,
    base: Url,
    /// Its number or its path, as a part of an address.
    project: String,
    /// The headers of [`Tokens`].
    own: Option<HeaderValue>,
    job: Option<HeaderValue>,
    authorities: Vec<Certificate>,
}

impl Carrier for Project {
    const NAME: &str = "GitLab";

    async fn carry(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> std::result::Result<Answer, Trouble> {
        let answer = self.sent(self.request(method, path), body).await?;
        let (true, Some(_), Some(job)) = (is_refused(&answer), &self.0.own, &self.0.job) else {
            return Ok(answer);
        };
        // Who is refused has done nothing yet.
        let again = self.sent(self.bare(method, path).header(JOB_TOKEN, job.clone()), body).await?;
        Ok(if is_refused(&again) { answer } else { again })
    }

    fn authorities(&self) -> &[Certificate] {
        &self.0.authorities
    }
}

const OWN_TOKEN: &str = "private-token";
const JOB_TOKEN: &str = "job-token";

fn is_refused(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403)
}

impl Project {
    async fn sent(
        &self,
        request: RequestBuilder,
        body: Option<&Value>,
    ) -> std::result::Result<Answer, Trouble> {
        let mut request = request.header(ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let request = request.build().map_err(|error| Trouble::unsent(&error))?;
        let response = self.0.client.execute(request).await.map_err(|error| Trouble::lost(&error))?;
        let mut answer = Answer::whole(Response::<reqwest::Body>::from(response)).await?;
        self.secrets(body).for_each(|secret| answer.hide(secret));
        Ok(answer)
    }

    /// What no answer may bring back: what it says goes into reports.
    fn secrets<'a>(&'a self, body: Option<&'a Value>) -> impl Iterator<Item = &'a [u8]> {
        let of_body = body.and_then(|body| body.get("token")?.as_str()).map(str::as_bytes);
        let headers = [&self.0.own, &self.0.job].into_iter().flatten().map(HeaderValue::as_bytes);
        headers.chain(of_body).filter(|secret| !secret.is_empty())
    }

    fn bare(&self, method: &Method, path: &str) -> RequestBuilder {
        let address = format!("{}{path}", self.0.base.as_str().trim_end_matches('/'));
        self.0.client.request(method.clone(), address)
    }

    fn request(&self, method: &Method, path: &str) -> RequestBuilder {
        let request = self.bare(method, path);
        match (&self.0.own, &self.0.job) {
            (Some(own), _) => request.header(OWN_TOKEN, own.clone()),
            (None, Some(job)) => request.header(JOB_TOKEN, job.clone()),
            (None, None) => request,
        }
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("project", &self.carrier.0.project).finish_non_exhaustive()
    }
}

impl Api {
    /// A client for `project`, its number or its path, at `base`, which is `CI_API_V4_URL`. `authority` is the text of
    /// `CI_SERVER_TLS_CA_FILE`, whose certificates are trusted besides the machine's own. Must be made within the
    /// runtime.
    ///
    /// # Errors
    /// A base that is no address, a token that no header can hold, certificates that are none.
    pub fn new(base: &str, project: &str, tokens: &Tokens, authority: Option<&[u8]>) -> Result<Self> {
        let failed = |cause: String, help: &str| {
            Fault::new(format!("prepare for GitLab's API at {base}"), cause).help(help)
        };
        let header = |token: &Option<String>, name: &str| -> Result<Option<HeaderValue>> {
            // A secret that was pasted often ends with a newline.
            let Some(token) = token.as_deref().map(str::trim) else { return Ok(None) };
            let mut value = HeaderValue::from_str(token).map_err(|_| {
                let cause = "the token has characters in it that no header can hold";
                failed(cause.into(), &format!("check {name}"))
            })?;
            value.set_sensitive(true);
            Ok(Some(value))
        };
        let address = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = address.ok_or_else(|| failed("it is no address".into(), "check CI_API_V4_URL"))?;
        let authorities = Certificate::from_pem_bundle(authority.unwrap_or_default())
            .map_err(|error| failed(error.to_string(), "check the certificates in CI_SERVER_TLS_CA_FILE"))?;
        let client = rest::http(&authorities)
            .map_err(|error| failed(error.to_string(), "check CI_SERVER_TLS_CA_FILE"))?;
        Ok(Self::by(Project(Arc::new(Place {
            client,
            base,
            project: encoded(project),
            own: header(&tokens.own, "MODELGATE_GITLAB_TOKEN")?,
            job: header(&tokens.job, "CI_JOB_TOKEN")?,
            authorities,
        }))))
    }

    /// Whether there is a token of our own: without it, notes and statuses need not be tried.
    #[must_use]
    pub fn has_own_token(&self) -> bool {
        self.carrier.0.own.is_some()
    }

    /// The value of `CI_JOB_TOKEN`, which starts a pipeline as a part of what is sent. It is a secret.
    #[must_use]
    pub fn job_token(&self) -> Option<&str> {
        self.carrier.0.job.as_ref()?.to_str().ok()
    }

    /// The number or the path of the project, as a part of an address.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.carrier.0.project
    }

    /// The path of something in the project: `path("statuses")`.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/projects/{}/{rest}", self.carrier.0.project)
    }

    /// The path of something in another project of the same server, by its number or its path.
    #[must_use]
    pub fn path_of(&self, project: &str, rest: &str) -> String {
        format!("/projects/{}/{rest}", encoded(project))
    }

    /// A page of a list, and the path of the next one, where there is one. GitLab says where that is, whether it counts
    /// pages or goes on behind a key.
    ///
    /// # Errors
    /// As [`rest::Api::get`], and a next page that is at another server.
    pub async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> std::result::Result<(Vec<T>, Option<String>), Trouble> {
        let answer = self.send(&Method::GET, path, None).await?;
        let next = answer.header("link").and_then(next);
        let next = next.map(|address| self.within_base(address)).transpose()?;
        Ok((answer.decode()?, next))
    }

    /// A list, of at most so many pages.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        pages: usize,
    ) -> std::result::Result<Vec<T>, Trouble> {
        let (mut all, mut next) = self.page(path).await?;
        for _ in 1..pages {
            let Some(path) = next else { break };
            let (more, after): (Vec<T>, _) = self.page(&path).await?;
            all.extend(more);
            next = after;
        }
        Ok(all)
    }

    /// The path of an address that is at our server and below our base.
    fn within_base(&self, address: &str) -> std::result::Result<String, Trouble> {
        let base = &self.carrier.0.base;
        let elsewhere = || Trouble::Garbled("it says that the next page is at another server".into());
        let url =
            base.join(address).ok().filter(|url| url.origin() == base.origin()).ok_or_else(elsewhere)?;
        let path = url.path().strip_prefix(base.path().trim_end_matches('/')).ok_or_else(elsewhere)?;
        if !path.starts_with('/') {
            return Err(elsewhere());
        }
        Ok(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    }

    /// Fetches what is at a path into a file that has at most `largest` bytes then. The token stays with the server
    /// where it sends us elsewhere.
    ///
    /// # Errors
    /// As [`rest::Api::download`]; a refusal as of every other request.
    pub async fn bring(&self, path: &str, into: &mut File, largest: u64) -> std::result::Result<(), Trouble> {
        let request = || self.carrier.request(&Method::GET, path).timeout(rest::LONGEST);
        let refused = |answer: &Answer| Trouble::refused(answer, None);
        match self.fetch(request, into, largest, &refused).await? {
            Some(location) => self.download(&location, into, largest).await,
            None => Ok(()),
        }
    }
}

/// The address of the next page, out of the header `Link`.
fn next(link: &str) -> Option<&str> {
    link.split('<').skip(1).find_map(|part| {
        let (address, rest) = part.split_once('>')?;
        let relation = rest.split(';').map(|it| it.trim().trim_end_matches(',').trim_end());
        relation.into_iter().any(|it| matches!(it, "rel=\"next\"" | "rel=next")).then_some(address)
    })
}
