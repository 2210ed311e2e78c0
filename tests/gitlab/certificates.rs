//! A server of one's own whose certificate is of an authority of one's own.

use super::job::Job;
use crate::common::Project;
use crate::common::tls::Server;

#[test]
fn an_authority_of_ones_own_is_named_by_gitlabs_variable_or_the_usual_one() {
    let project = Project::shell();
    let server = Server::start(&project);
    let mut job = Job::new(project);
    job.more = vec![("CI_API_V4_URL", format!("{}/gitlab/api/v4", server.base))];
    let told = |job: &Job| job.modelgate(&["doctor"]).out;
    let stranger = told(&job);
    assert!(stranger.contains("certificate"), "an unknown authority is not trusted: {stranger}");
    let authority = server.authority.display().to_string();
    for name in ["CI_SERVER_TLS_CA_FILE", "SSL_CERT_FILE"] {
        job.more.push((name, authority.clone()));
        let known = told(&job);
        assert!(known.contains("status 501"), "the server was reached by {name}: {known}");
        job.more.pop();
    }
    job.more.push(("CI_SERVER_TLS_CA_FILE", "/nowhere/ca.pem".into()));
    let said = job.modelgate(&["doctor"]);
    assert!(said.err.contains("/nowhere/ca.pem"), "what cannot be read is told: {}", said.err);
}
