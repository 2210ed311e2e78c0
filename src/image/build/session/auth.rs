//! Passwords: what a registry is shown when a base image is private.
//!
//! Tokens are left to the engine: it is told so by the methods that we do not name.

use bollard_buildkit_proto::moby::filesync::v1::auth_server::Auth;
use bollard_buildkit_proto::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse, GetTokenAuthorityRequest,
    GetTokenAuthorityResponse, VerifyTokenAuthorityRequest, VerifyTokenAuthorityResponse,
};
use tonic::{Request, Response, Status};

use crate::docker::{Docker, credentials};

/// Who we are to a registry.
pub struct Keys(Docker);

impl Keys {
    /// As that engine's handle knows it.
    pub fn new(docker: Docker) -> Self {
        Self(docker)
    }
}

/// The registry as its users write it: Docker's own has three names.
fn registry(host: &str) -> &str {
    match host {
        "registry-1.docker.io" | "index.docker.io" | "https://index.docker.io/v1/" => "docker.io",
        other => other,
    }
}

fn left_to_the_engine<T>() -> Result<Response<T>, Status> {
    Err(Status::unavailable("tokens are left to the engine"))
}

#[async_trait::async_trait]
impl Auth for Keys {
    async fn credentials(
        &self,
        request: Request<CredentialsRequest>,
    ) -> Result<Response<CredentialsResponse>, Status> {
        let host = request.into_inner().host;
        let known = credentials::credentials(&self.0, registry(&host)).await;
        let known = known.map_err(|fault| Status::unknown(fault.to_string()))?;
        // Without any the registry is asked as nobody: most base images are public.
        let answer = known.map_or_else(CredentialsResponse::default, |known| CredentialsResponse {
            username: known.user,
            secret: known.secret.to_string_lossy().into_owned(),
        });
        Ok(Response::new(answer))
    }

    async fn fetch_token(
        &self,
        _: Request<FetchTokenRequest>,
    ) -> Result<Response<FetchTokenResponse>, Status> {
        left_to_the_engine()
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Result<Response<GetTokenAuthorityResponse>, Status> {
        left_to_the_engine()
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Result<Response<VerifyTokenAuthorityResponse>, Status> {
        left_to_the_engine()
    }
}
