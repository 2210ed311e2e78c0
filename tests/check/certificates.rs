//! An Enterprise server whose certificate is of an authority of one's own.

use super::Job;
use super::common::Project;
use super::common::tls::Server;

#[test]
fn an_authority_of_ones_own_is_named_by_the_usual_variable() {
    let project = Project::shell();
    let server = Server::start(&project);
    let job = Job::new(project);
    let base = format!("{}/api/v3", server.base);
    let authority = server.authority.display().to_string();
    let told = |more: &[(&str, &str)]| {
        let mut variables = job.variables();
        variables.retain(|(name, _)| *name != "GITHUB_API_URL");
        let mut variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.push(("GITHUB_API_URL", &base));
        variables.extend(more);
        job.project.modelgate_with(&["doctor"], &variables).out
    };
    let stranger = told(&[]);
    assert!(stranger.contains("certificate"), "an unknown authority is not trusted: {stranger}");
    let known = told(&[("SSL_CERT_FILE", &authority)]);
    assert!(known.contains("status 501"), "the server was reached: {known}");
}
