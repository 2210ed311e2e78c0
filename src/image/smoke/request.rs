//! A request of the smoke test: a JSON file, read as a whole, every mistake at its place.
//!
//! ```json
//! { "method": "POST", "path": "/predict", "headers": { "x-trace": "smoke" }, "body": { "rows": [[1, 2]] },
//!   "expect": { "status": 200, "json": { "labels": ["a"] }, "latency-ms": 50 } }
//! ```

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};

use super::schema::Schema;
use crate::document::{self, At, Place, Segment, locate, shown};
use crate::files::ProjectFile;
use crate::finding::Finding;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;
/// The keys of a file, and those of `expect`.
const KEYS: [&str; 5] = ["method", "path", "headers", "body", "expect"];
const EXPECT_KEYS: [&str; 6] = ["status", "json", "schema", "text", "latency-ms", "tolerance"];

/// What is sent, and what must come back.
#[derive(Debug)]
pub struct Request {
    /// The file, relative to the project.
    pub file: String,
    pub method: Method,
    /// Path and query; begins with `/`.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Option<String>,
    pub expect: Expect,
    /// Its text, in which places are found.
    text: String,
}

/// What must come back.
#[derive(Debug)]
pub struct Expect {
    pub status: u16,
    /// What the answer must contain, as JSON.
    pub json: Option<Value>,
    /// How far a number may be off; none is what rounding does.
    pub tolerance: Option<f64>,
    pub schema: Option<Schema>,
    /// What must stand in the answer, as text.
    pub text: Option<String>,
    /// The most that any of its answers may take.
    pub latency_ms: Option<f64>,
}

impl Request {
    /// A finding at a key of `expect`, and below it at the segments of a JSON pointer as far as they are in the file.
    pub fn finding(&self, code: &str, message: String, key: &str, below: &[Segment]) -> Finding {
        let path: Vec<Segment> = [Segment::Key("expect".into()), Segment::Key(key.into())]
            .into_iter()
            .chain(below.to_vec())
            .collect();
        let finding = Finding::error(code, message).at_path(&self.file);
        placed(finding, locate(&self.text, &path, At::Value))
    }

    /// What it is, for people: `POST /predict`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, shown(&self.path))
    }
}

/// Reads a file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(file: &ProjectFile) -> Result<Request, Vec<Finding>> {
    let wrong = |message: String, help: &str| {
        vec![Finding::error("smoke-request", message).at_path(&file.path).help(help.to_owned())]
    };
    let size = std::fs::metadata(&file.on_disk).map_or(0, |metadata| metadata.len());
    if size > LARGEST {
        return Err(wrong("it is larger than 16 MiB".into(), "send less in one request"));
    }
    let bytes = crate::files::read(&file.on_disk).map_err(|fault| {
        wrong(format!("it cannot be read: {fault}"), "check what it is, and who may read it")
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| wrong("it is not UTF-8".into(), "save it as UTF-8; a body of bytes cannot be sent"))?;
    parse(&file.path, &text)
}

/// Reads the text of a file.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(file: &str, text: &str) -> Result<Request, Vec<Finding>> {
    let mut reader = Reader { file, text, findings: Vec::new() };
    let request = reader.request();
    match request {
        Some(request) if reader.findings.is_empty() => Ok(request),
        _ => Err(reader.findings),
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    findings: Vec<Finding>,
}

fn placed(finding: Finding, place: Option<Place>) -> Finding {
    match place {
        Some(place) => finding.at_line(place.line, Some(place.column)),
        None => finding,
    }
}

impl Reader<'_> {
    fn wrong(&mut self, place: Option<Place>, message: impl Into<String>, help: impl Into<String>) {
        let finding = Finding::error("smoke-request", message).at_path(self.file).help(help);
        self.findings.push(placed(finding, place));
    }

    fn wrong_at(&mut self, path: &[&str], at: At, message: impl Into<String>, help: impl Into<String>) {
        let path: Vec<Segment> = path.iter().map(|key| Segment::Key((*key).into())).collect();
        self.wrong(locate(self.text, &path, at), message, help);
    }

    fn request(&mut self) -> Option<Request> {
        let text = self.text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            self.wrong(None, "it is empty", "write a request, such as { \"path\": \"/healthz\" }");
            return None;
        }
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default();
                let place = Place::new(error.line(), error.column().max(1));
                self.wrong(
                    Some(place),
                    format!("it is no JSON: {message}"),
                    "mend the JSON; it has no comments",
                );
                return None;
            }
        };
        self.duplicates();
        let Value::Object(map) = value else {
            let message = format!("expected an object, found {}", kind(&value));
            self.wrong(None, message, "write a request, such as { \"path\": \"/healthz\" }");
            return None;
        };
        self.unknown(&map, &[], &KEYS);
        let headers = self.headers(&map);
        let (body, headers) = body(map.get("body"), headers);
        let method = self.method(&map);
        let path = self.path(&map);
        let expect = self.expect(&map);
        Some(Request {
            file: self.file.to_owned(),
            method: method?,
            path: path?,
            headers,
            body,
            expect: expect?,
            text: self.text.to_owned(),
        })
    }

    /// A key that is there twice: of two meanings nobody knows which one counts.
    fn duplicates(&mut self) {
        let Ok(node) = document::json(self.text) else { return };
        let mut levels = vec![(Vec::new(), &node)];
        let expect = node.get("expect");
        levels.extend(expect.map(|expect| (vec!["expect"], expect)));
        levels.extend(node.get("headers").map(|headers| (vec!["headers"], headers)));
        for (path, level) in levels {
            let mut seen = std::collections::HashSet::new();
            for (key, _) in level.entries().unwrap_or_default() {
                if !seen.insert(key) {
                    let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
                    let message = format!("«{}» is there twice", shown(key));
                    self.wrong_at(&path, At::Key(1), message, "remove one of them");
                }
            }
        }
    }

    fn unknown(&mut self, map: &Map<String, Value>, path: &[&str], known: &[&str]) {
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            let close = known.iter().find(|known| strsim::damerau_levenshtein(known, key) <= 2);
            let help = match close {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("those that there are: {}", known.join(", ")),
            };
            self.wrong_at(&path, At::Key(0), format!("there is no key «{}»", shown(key)), help);
        }
    }

    /// The value of a key as `take` takes it; `expected` says what else is wrong.
    fn take<'v, T>(
        &mut self,
        map: &'v Map<String, Value>,
        path: &[&str],
        expected: &str,
        take: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Option<T> {
        let value = map.get(*path.last()?)?;
        let taken = take(value);
        if taken.is_none() {
            let message = format!("expected {expected}, found {}", kind(value));
            self.wrong_at(path, At::Value, message, format!("write {expected}, or remove the key"));
        }
        taken
    }

    fn method(&mut self, map: &Map<String, Value>) -> Option<Method> {
        if !map.contains_key("method") {
            return Some(if map.contains_key("body") { Method::POST } else { Method::GET });
        }
        self.take(map, &["method"], "a method such as \"PUT\"", |value| {
            let text = value.as_str().filter(|text| text.chars().all(|c| c.is_ascii_uppercase()))?;
            Method::from_bytes(text.as_bytes()).ok().filter(|method| *method != Method::CONNECT)
        })
    }

    fn path(&mut self, map: &Map<String, Value>) -> Option<String> {
        if !map.contains_key("path") {
            self.wrong(None, "nothing says what is asked for", "add `path`, such as \"/predict\"");
            return None;
        }
        let is_path = |text: &&str| {
            text.starts_with('/')
                && !text.contains('#')
                && text.chars().all(|c| c.is_ascii_graphic())
                && text.parse::<http::uri::PathAndQuery>().is_ok()
        };
        let expected = "a path of the server such as \"/predict\", special characters written as %20";
        self.take(map, &["path"], expected, |value| value.as_str().filter(is_path).map(str::to_owned))
    }

    fn headers(&mut self, map: &Map<String, Value>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let named = self.take(map, &["headers"], "an object of texts", Value::as_object);
        for (name, value) in named.into_iter().flatten() {
            let made = value.as_str().and_then(|text| HeaderValue::from_str(text).ok());
            match (HeaderName::from_bytes(name.as_bytes()), made) {
                (Ok(name), Some(value)) => drop(headers.insert(name, value)),
                _ => {
                    let message = format!("«{}» is no header with a text", shown(name));
                    let help = "write a name of letters, digits and `-`, and one line of text";
                    self.wrong_at(&["headers", name], At::Value, message, help);
                }
            }
        }
        headers
    }

    fn expect(&mut self, map: &Map<String, Value>) -> Option<Expect> {
        let empty = Map::new();
        let map = match map.get("expect") {
            None => &empty,
            Some(_) => self.take(map, &["expect"], "an object", Value::as_object)?,
        };
        self.unknown(map, &["expect"], &EXPECT_KEYS);
        let status = |value: &Value| value.as_u64().and_then(|code| u16::try_from(code).ok());
        let expect = Expect {
            status: self
                .take(map, &["expect", "status"], "a status from 100 to 599", |value| {
                    status(value).filter(|code| (100..600).contains(code))
                })
                .unwrap_or(200),
            json: map.get("json").cloned(),
            tolerance: self.take(map, &["expect", "tolerance"], "a number of at least 0", |value| {
                value.as_f64().filter(|number| *number >= 0.0)
            }),
            schema: self.schema(map),
            text: self
                .take(map, &["expect", "text"], "a text that is not empty", |value| {
                    value.as_str().filter(|text| !text.is_empty())
                })
                .map(str::to_owned),
            latency_ms: self.take(map, &["expect", "latency-ms"], "a number above 0", |value| {
                value.as_f64().filter(|number| *number > 0.0)
            }),
        };
        if expect.tolerance.is_some() && expect.json.is_none() {
            let message = "`tolerance` means nothing without `json`";
            self.wrong_at(&["expect", "tolerance"], At::Key(0), message, "add `json`, or remove it");
        }
        Some(expect)
    }

    fn schema(&mut self, map: &Map<String, Value>) -> Option<Schema> {
        let is_schema = |value: &Value| (value.is_object() || value.is_boolean()).then(|| value.clone());
        let value = self.take(map, &["expect", "schema"], "a JSON Schema", is_schema)?;
        match Schema::compile(value) {
            Ok(schema) => Some(schema),
            Err(why) => {
                let message = format!("it is no JSON Schema: {why}");
                let help = "mend it; `$ref` reaches only what is in the schema itself";
                self.wrong_at(&["expect", "schema"], At::Value, message, help);
                None
            }
        }
    }
}

/// What is sent. A text under a content type of its own goes as it is, everything else as JSON.
fn body(body: Option<&Value>, mut headers: HeaderMap) -> (Option<String>, HeaderMap) {
    let Some(body) = body else { return (None, headers) };
    let has_type = headers.contains_key(http::header::CONTENT_TYPE);
    if !has_type {
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    match body {
        Value::String(text) if has_type => (Some(text.clone()), headers),
        body => (Some(body.to_string()), headers),
    }
}

/// What a value is, in words.
pub fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("«{}»", shown(text)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn request(text: &str) -> Request {
        parse("smoke/a.json", text).unwrap()
    }

    #[test]
    fn a_request_has_the_defaults_that_one_expects() {
        let get = request("\u{feff}{\"path\": \"/healthz?x=1\"}\r\n");
        assert_eq!((get.method, get.path.as_str(), get.body), (Method::GET, "/healthz?x=1", None));
        assert_eq!(get.expect.status, 200);
        let post = request(r#"{"path": "/p", "body": null}"#);
        assert_eq!((post.method, post.body.as_deref()), (Method::POST, Some("null")));
        assert_eq!(post.headers["content-type"], "application/json");
    }

    #[test]
    fn a_text_goes_as_it_is_only_under_a_type_of_its_own() {
        let json = request(r#"{"path": "/p", "body": "a,b"}"#);
        assert_eq!(json.body.as_deref(), Some("\"a,b\""));
        let text = request(r#"{"path": "/p", "headers": {"Content-Type": "text/csv"}, "body": "a,b"}"#);
        assert_eq!(
            (text.body.as_deref(), &text.headers["content-type"]),
            (Some("a,b"), &HeaderValue::from_static("text/csv"))
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_its_place() {
        let text = r#"{
  "pth": "/x",
  "method": "get",
  "headers": { "a b": "c", "n": 1 },
  "expect": {
    "status": 1000,
    "latency": 5,
    "schema": { "type": "nonsense" },
    "tolerance": -1,
    "text": ""
  }
}"#;
        let told: Vec<String> = parse("a.json", text)
            .unwrap_err()
            .iter()
            .map(|finding| {
                format!(
                    "{} {} ({})",
                    finding.place(),
                    finding.message,
                    finding.help.clone().unwrap_or_default()
                )
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let cases = [
            ("", "", "it is empty"),
            ("[]", "", "expected an object, found a list"),
            ("{\n \"path\": \"/\",\n}", ":3:1", "it is no JSON: trailing comma"),
            ("{\"path\": NaN}", ":1:10", "it is no JSON: expected value"),
            ("{\"path\": \"/\", \"body\": 1e999}", ":1:27", "it is no JSON: number out of range"),
            ("{\"path\": \"/\", \"path\": \"/b\"}", ":1:15", "«path» is there twice"),
            ("{\"path\": \"http://x/\"}", ":1:10", "expected a path of the server"),
            ("{\"path\": \"/a b\"}", ":1:10", "expected a path of the server"),
            ("{\"path\": \"/\", \"expect\": 5}", ":1:25", "expected an object, found 5"),
            ("{\"path\": \"/\", \"expect\": {\"tolerance\": 1}}", ":1:26", "`tolerance` means nothing"),
            (
                "{\"path\": \"/\", \"expect\": {\"schema\": {\"$ref\": \"file:///etc/passwd\"}}}",
                ":1:36",
                "it is no JSON Schema",
            ),
        ];
        for (text, place, message) in cases {
            let findings = parse("a.json", text).unwrap_err();
            let told = format!("{} {}", findings[0].place(), findings[0].message);
            assert!(told.starts_with(&format!("a.json{place} {message}")), "{text}: {told}");
        }
        assert!(parse("a.json", &"[".repeat(200_000)).is_err());
    }
}
