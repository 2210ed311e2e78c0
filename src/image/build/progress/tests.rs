use bollard_buildkit_proto::moby::buildkit::v1::{Vertex, VertexLog};

use super::*;

fn time(seconds: i64, nanos: i32) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos })
}

fn vertex(digest: &str, name: &str) -> Vertex {
    Vertex { digest: digest.into(), name: name.into(), ..Vertex::default() }
}

fn log(vertex: &str, text: &str) -> VertexLog {
    VertexLog { vertex: vertex.into(), msg: text.into(), ..VertexLog::default() }
}

fn status(vertexes: Vec<Vertex>, logs: Vec<VertexLog>) -> StatusResponse {
    StatusResponse { vertexes, logs, ..StatusResponse::default() }
}

#[test]
fn buildkit_is_told_step_by_step() {
    let (one, two) = (vertex("a", "[stage 1/2] RUN make"), vertex("b", "[2/2] RUN\u{a0}x \\n y"));
    let load = vertex("c", "[internal] load metadata for docker.io/library/python:3");
    let messages = [
        status(vec![one.clone(), two.clone(), load.clone()], vec![]),
        status(
            vec![Vertex {
                started: time(1, 0),
                completed: time(1, 5),
                cached: true,
                ..vertex("d", "[1/2] FROM x")
            }],
            vec![],
        ),
        status(vec![Vertex { started: time(1, 0), completed: time(2, 0), ..load }], vec![]),
        status(vec![Vertex { started: time(1, 0), ..one.clone() }], vec![]),
        status(
            vec![Vertex { started: time(2, 0), ..two.clone() }],
            vec![log("a", "half a "), log("b", "two\nlines\n")],
        ),
        status(vec![], vec![log("a", "line\r\nthe last without an end"), log("unknown", "x\n")]),
        status(vec![Vertex { started: time(1, 0), completed: time(2, 300_000_000), ..one.clone() }], vec![]),
        status(
            vec![Vertex {
                started: time(2, 900_000_000),
                completed: time(3, 0),
                error: "exit code: 1".into(),
                ..two
            }],
            vec![],
        ),
        // Told again: it is not shown again.
        status(vec![Vertex { started: time(1, 0), completed: time(2, 300_000_000), ..one }], vec![]),
    ];
    let mut progress = Progress::default();
    let mut out = Vec::new();
    for message in &messages {
        out.extend(progress.status(message));
    }
    out.extend(progress.finish(9.0, None));
    insta::assert_snapshot!(String::from_utf8_lossy(&out).replace('\r', "\\r"));
    insta::assert_debug_snapshot!(progress.steps());
    assert_eq!(progress.failed().map(|step| step.error.as_str()), Some("exit code: 1"));
}

#[test]
fn the_classic_builder_is_told_as_buildkit_is() {
    let said = [
        ("Step 1/3 : FROM x\n", 0.0),
        (" ---> a5f4bc1f3221\n", 0.1),
        ("Step 2/3 : RUN true\n", 0.2),
        (" ---> Using cache\n", 0.2),
        (" ---> 0123456789ab\n", 0.2),
        ("Step 3/3 : RUN make\n", 0.5),
        (" ---> Running in 0123456789ab\n", 0.6),
        ("Step by step\nhalf", 0.7),
        (" a line\nStep x/2 : no step\n", 0.8),
    ];
    for (error, name) in [(None, "well"), (Some("returned a non-zero code: 1"), "badly")] {
        let mut progress = Progress::default();
        let mut out = Vec::new();
        for (text, now) in said {
            out.extend(progress.text(text, now));
        }
        out.extend(progress.finish(2.75, error));
        insta::assert_snapshot!(format!("classic_ends_{name}"), String::from_utf8_lossy(&out));
        assert_eq!(progress.failed().is_some(), error.is_some());
        assert_eq!(progress.steps().iter().map(|step| step.cached).collect::<Vec<_>>(), [false, true, false]);
    }
}

#[test]
fn a_line_without_an_end_takes_no_memory() {
    let mut progress = Progress::default();
    progress.status(&status(vec![vertex("a", "[1/1] RUN yes")], vec![]));
    let chunk = "y".repeat(10_000);
    for _ in 0..100 {
        progress.status(&status(vec![], vec![log("a", &chunk)]));
        assert!(progress.steps[0].line.len() <= LONGEST);
    }
}
